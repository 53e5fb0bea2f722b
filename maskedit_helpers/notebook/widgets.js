// What BlendStudio and the explorers (widgets.py) do in the browser.

function blendStudio(model) {
  const [width, height] = model.get("_size"), [reach, softest] = model.get("_reach");
  const { node: stage, over, img } = swiped([width, height], model.get("_x0"));
  const { status, plain, tell } = telling(model);

  const pace = paced(model);
  const sliders = [slider(pace, "dilate", "dilate: let the mask reach further", { max: reach, unit: " px" }),
    slider(pace, "feather", "feather: soften its edge", { max: softest, step: 0.5, unit: " px" })];
  const name = unique();
  const modes = [["alpha", "alpha (the equation)"], ["poisson", "poisson (gradients)"]].map(([value, text]) => {
    const input = h("input", { type: "radio", name, value, onchange: () => set(model, "mode", value) });
    return { value, input, node: h("label", {}, input, text) };
  });
  const check = h("input", { type: "checkbox", onchange: () => set(model, "_outline", check.checked) });
  const panel = h("div", { class: "panel" }, ...sliders.map((slider) => slider.node),
    h("fieldset", {}, h("legend", {}, "mode"), h("div", { class: "row" }, ...modes.map((mode) => mode.node))),
    h("label", {}, check, "outline of M (dashed: where its soft edge ends)"), status,
    h("p", { class: "soft" }, "Drag the divider, or focus it and press the arrow keys."), plain);

  let borders = null;
  function update() {
    const answer = model.get("_answer");
    for (const slider of sliders) slider.show();
    for (const mode of modes) mode.input.checked = mode.value === model.get("mode");
    check.checked = model.get("_outline");
    if (answer.picture) img.src = url(answer.picture);
    borders = answer.bits && [0, 1].map((i) => once((scale) => border(reader(answer, i), answer.size, scale)));
    tell();
    draw();
  }
  function draw() {
    paint(over, width, (context, scale) => {
      if (!borders) return;
      const [inside, touched] = borders.map((line) => line((width * scale) / model.get("_answer").size[0]));
      if (model.get("feather")) stroke(context, touched, [2, 6]);
      stroke(context, inside);
    });
  }
  return { nodes: [stage, panel], update, draw, traits: ["dilate", "feather", "mode", "_outline", "_answer"], over,
    pace };
}

function explorer(model) {
  const original = pictureBox(model.get("_size"), model.get("_x0"), "x0, the original", 384);
  const edit = pictureBox(model.get("_size"), null, "", 384);
  const { status, plain, tell } = telling(model);
  const pace = paced(model);
  const place = (axis, at) => pace.set("_place", pace.of("_place").map((old, i) => (i === axis ? at : old)));
  const names = model.get("_labels");
  const controls = model.get("_values").map((values, axis) => {
    if (names[axis] === "seed") { // has no order to slide along
      const options = values.map((value) => h("option", {}, value));
      const select = h("select", { onchange: () => place(axis, select.selectedIndex) }, ...options);
      const show = (at) => { select.selectedIndex = at; };
      return { show, node: h("div", { class: "row" }, ...labelled(names[axis], select)) };
    }
    const output = h("output");
    const moved = () => {
      place(axis, Number(input.value));
      show(Number(input.value));
    };
    const input = h("input", { type: "range", min: 0, max: values.length - 1, step: 1, oninput: moved });
    input.disabled = values.length === 1;
    const show = (at) => {
      input.value = at;
      output.textContent = values[at];
      input.setAttribute("aria-valuetext", values[at]);
    };
    return { show, node: h("div", { class: "slider" }, ...labelled(names[axis], input, output)) };
  });
  function update() {
    const answer = model.get("_answer");
    controls.forEach((control, axis) => control.show(pace.of("_place")[axis]));
    if (answer.picture) edit.img.src = url(answer.picture);
    edit.img.alt = answer.status ?? "";
    tell();
  }
  const figure = (caption, box) => h("figure", {}, h("figcaption", {}, caption), box.node);
  const panel = h("div", { class: "panel" }, ...controls.map((control) => control.node), status, plain);
  return { nodes: [figure("x0, the original", original), figure("y, the edit", edit), panel], update, draw: () => {},
    traits: ["_place", "_answer"], over: edit.over, pace };
}
