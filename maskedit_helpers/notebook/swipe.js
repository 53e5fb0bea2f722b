// Before and after under one divider, as BlendStudio and Studio show the blend.

/** A pictureBox of the blend, the original over its left part; `img` is the blend's. */
function swiped(size, x0, long = LONG) {
  const box = pictureBox(size, null, "y tilde, the blend", long), { node: stage, over } = box;
  const before = h("img", { alt: "x0, the original", src: url(x0), draggable: "false" });
  const divider = h("div", { class: "divider", role: "slider", tabindex: "0", "aria-valuemin": "0",
    "aria-valuemax": "100", "aria-label": "Divider, the original to its left, the blend to its right" });
  const tag = (text, side) => h("span", { class: "tag", style: `${side}: 8px` }, text);
  stage.insertBefore(before, over);
  stage.append(tag("x0", "left"), tag("y_tilde", "right"), divider);
  let split = 50; // percent of the width; of this view alone
  function swipe(to) {
    split = clamp(to, 100);
    before.style.clipPath = `inset(0 ${100 - split}% 0 0)`;
    divider.style.left = `${split}%`;
    divider.setAttribute("aria-valuenow", Math.round(split));
    divider.setAttribute("aria-valuetext", `original on the left ${Math.round(split)} percent`);
  }
  const drag = (event) => {
    const { left, width: shown } = stage.getBoundingClientRect();
    if (event.buttons & 1) swipe((100 * (event.clientX - left)) / shown);
  };
  stage.classList.add("swipe");
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    divider.focus({ preventScroll: true });
    drag(event);
  });
  stage.addEventListener("mousedown", (event) => { event.preventDefault(); event.stopPropagation(); });
  stage.addEventListener("pointermove", drag);
  divider.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 2;
    const to = { ArrowLeft: split - step, ArrowDown: split - step, ArrowRight: split + step, ArrowUp: split + step,
      Home: 0, End: 100 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    swipe(to);
  });
  swipe(split);
  return box;
}
