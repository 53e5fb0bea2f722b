// What the widgets share in the browser: a picture to draw on, masks, labels. No imports and no build step, so that it
// works offline; picture_widget.py joins this file and the widget's own into one module.

const LONG = 512; // longer side of a picture on the page, CSS pixels
const LINE = 2, RIM = 4.5; // a white line on a dark rim shows on any picture; CSS pixels

/** An element: h("button", { type: "button", onclick: f }, "text", child). */
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A name that no other widget on the page has; each is a module of its own, so a count would repeat. */
const unique = () => `maskedit-${Math.random().toString(36).slice(2)}`;

/** A <label> before its control, tied to it. */
function labelled(text, control, output = "") {
  control.id = unique();
  return [h("label", { for: control.id }, text), output, control];
}

const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** A data: URL, which, unlike a blob: URL, every notebook's page may show. */
function url(view) {
  let text = "";
  for (const byte of bytes(view)) text += String.fromCharCode(byte);
  return "data:image/png;base64," + btoa(text);
}

/** The picture at a comfortable size: small ones enlarged by a whole number. `over` is drawn on, in CSS pixels. */
function pictureBox([width, height], png, alt, long = LONG) {
  const side = Math.max(width, height);
  const shown = side > long ? long / side : Math.round(long / side);
  const img = h("img", { alt, draggable: "false" });
  if (png) img.src = url(png);
  const over = h("canvas", { "aria-hidden": "true" });
  const style = `width: ${Math.round(width * shown)}px; aspect-ratio: ${width} / ${height}`;
  return { img, over, node: h("div", { class: "picture", style }, img, over) };
}

/** Call draw(context, CSS pixels per picture pixel) on an empty canvas of the screen's own resolution. */
function paint(over, width, draw) {
  const ratio = window.devicePixelRatio || 1, shown = over.clientWidth;
  over.width = Math.round(shown * ratio);
  over.height = Math.round(over.clientHeight * ratio);
  const context = over.getContext("2d");
  context.scale(ratio, ratio);
  if (shown) draw(context, shown / width);
}

/** Is pixel (x, y) of mask `i` set? Outside the picture nothing is. */
function reader({ bits, size: [width, height] }, i) {
  const packed = bytes(bits);
  return (x, y) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return 0;
    const at = (i * height + y) * width + x;
    return (packed[at >> 3] >> (7 - (at & 7))) & 1;
  };
}

/** The mask's border, along the edges of its pixels, each straight run one line. */
function border(inside, [width, height], scale) {
  const path = new Path2D();
  const walk = (long, wide, differs, at) => {
    for (let b = 0; b <= wide; b++) {
      for (let a = 0, from = -1; a <= long; a++) {
        const on = a < long && differs(a, b);
        if (on && from < 0) from = a;
        if (!on && from >= 0) {
          path.moveTo(...at(from, b));
          path.lineTo(...at(a, b));
          from = -1;
        }
      }
    }
  };
  walk(width, height, (x, y) => inside(x, y) !== inside(x, y - 1), (x, y) => [x * scale, y * scale]);
  walk(height, width, (y, x) => inside(x, y) !== inside(x - 1, y), (y, x) => [x * scale, y * scale]);
  return path;
}

/** White on a dark rim; with `dash`, the white is dashed. */
function stroke(context, path, dash = []) {
  context.lineCap = "round";
  for (const [colour, width, pattern] of [["#111", RIM, []], ["#fff", LINE, dash]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(pattern);
    context.stroke(path);
  }
  context.setLineDash([]);
}

/** One mask as a picture of `colour` [r, g, b, a]. */
function filled(inside, [width, height], colour) {
  const canvas = h("canvas", { width, height }), context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 4) if (inside(x, y)) image.data.set(colour, at);
  context.putImageData(image, 0, 0);
  return canvas;
}

function rectangle([left, top, right, bottom], scale) {
  const path = new Path2D();
  path.rect(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
  return path;
}

/** What all three tell below the controls: what is the case, and the line of code that does the same. */
function telling(model) {
  const status = h("p", { class: "status", "aria-live": "polite" }), code = h("code");
  const plain = h("div", {}, h("div", { class: "head" }, "The same without the widget"), code);
  const tell = () => {
    const answer = model.get("_answer");
    if (status.textContent !== answer.status) status.textContent = answer.status ?? ""; // read aloud on each change
    code.textContent = answer.code ?? "";
    plain.hidden = !answer.code;
  };
  return { status, plain, tell };
}

const set = (model, name, value) => {
  model.set(name, value);
  model.save_changes();
};
/**
 * set(name, value) for what a hand may change many times a second: one value is on its way at a time, and of those that
 * come meanwhile the last one wins. It waits for Python's answer, but not for ever: a value may have been refused.
 * `of` gives what the hand has set, sent or not, so that a slider does not jump back to an older answer.
 */
function paced(model, patience = 3000) {
  const next = {};
  let waiting = null;
  const send = () => {
    if (!Object.keys(next).length) return;
    const now = { ...next };
    for (const name in now) delete next[name];
    waiting = setTimeout(answered, patience);
    for (const name in now) model.set(name, now[name]);
    model.save_changes();
  };
  const answered = () => {
    clearTimeout(waiting);
    waiting = null;
    send();
  };
  return {
    answered,
    of: (name) => next[name] ?? model.get(name),
    set(name, value) {
      next[name] = value;
      if (waiting === null) send();
    },
  };
}
/** f, which remembers its last answer. */
function once(f) {
  let asked, answer;
  return (value) => {
    if (value !== asked) [asked, answer] = [value, f(value)];
    return answer;
  };
}
/** A slider for the number `name`, which says how far it stands; show() follows the trait. */
function slider(pace, name, text, { min = 0, max, step = 1, unit = "" }) {
  const output = h("output");
  const moved = () => {
    pace.set(name, Number(input.value));
    show();
  };
  const input = h("input", { type: "range", min, max, step, oninput: moved });
  const show = () => {
    input.value = pace.of(name);
    output.textContent = `${pace.of(name)}${unit}`;
  };
  return { show, input, node: h("div", { class: "slider" }, ...labelled(text, input, output)) };
}
const clamp = (value, most) => Math.max(0, Math.min(most, value));

/**
 * Put a view into the page. view(model) makes its nodes; update() follows a change of its traits, draw() a change of
 * the size at which `over` shows.
 */
function render({ model, el }, view) {
  const { nodes, update, draw, traits, over, pace } = view(model);
  const root = h("div", { class: "maskedit" }, ...nodes);
  // Keys pressed in here are ours: JupyterLab would take `b` for a new cell. With Ctrl or Cmd they stay its own.
  const ours = (event) => root.toggleAttribute("data-lm-suppress-shortcuts", !(event.ctrlKey || event.metaKey));
  root.addEventListener("keydown", (event) => {
    ours(event);
    if (!(event.ctrlKey || event.metaKey)) event.stopPropagation();
  });
  root.addEventListener("keyup", ours);
  root.toggleAttribute("data-lm-suppress-shortcuts", true);
  el.append(root);
  const changes = traits.map((name) => `change:${name}`).join(" ");
  model.on(changes, update);
  if (pace) model.on("change:_answer", pace.answered);
  const resized = new ResizeObserver(draw); // also when the widget first shows, or the screen's resolution changes
  resized.observe(over);
  update();
  return () => {
    model.off(changes, update);
    if (pace) model.off("change:_answer", pace.answered);
    resized.disconnect();
  };
}
