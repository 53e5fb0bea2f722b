// The browser's half of pointing.py: shows prompts and masks, turns what a hand does into prompts.

const KEEP = "#0072b2", EXCLUDE = "#c8470a"; // far apart in every kind of colour vision
const TINT = [255, 140, 0, 90], WHITE = [255, 255, 255, 255];

/** + or - in a circle. */
function glyph(context, x, y, label) {
  const disc = new Path2D(), sign = new Path2D();
  disc.arc(x, y, 10, 0, 7);
  sign.moveTo(x - 5, y);
  sign.lineTo(x + 5, y);
  if (label) {
    sign.moveTo(x, y - 5);
    sign.lineTo(x, y + 5);
  }
  stroke(context, disc);
  context.fillStyle = label ? KEEP : EXCLUDE;
  context.fill(disc);
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.stroke(disc);
  context.lineWidth = 3;
  context.stroke(sign);
}

/** A cross with an open middle, so that it hides nothing of what it points at. */
function cross(x, y) {
  const path = new Path2D();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    path.moveTo(x + 5 * dx, y + 5 * dy);
    path.lineTo(x + 18 * dx, y + 18 * dy);
  }
  return path;
}

/**
 * The picture to point at and all that belongs to it, for a widget to place. `hand` is how what a hand does gets to
 * Python: of(name) and set(name, value), as `paced` has them.
 */
function pointing(model, hand, long = LONG) {
  const [width, height] = model.get("_size"), unit = Math.max(width, height);
  const alt = `The picture, ${width} by ${height} pixels`;
  const { node: stage, over } = pictureBox([width, height], model.get("_x0"), alt, long);
  // Of this view alone and never sent: the cursor of the keys, a box half drawn, what a plain click means.
  let cursor = [width >> 1, height >> 1], byKeys = false, corner = null, drag = null, label = 1;

  const prompts = () => hand.of("prompts");
  const ask = (history) => {
    hand.set("prompts", history);
    draw(); // a click shows at once, whenever its mask comes
  };
  const add = (prompt) => ask([...prompts(), prompt]);
  const undo = () => prompts().length && ask(prompts().slice(0, -1));
  const clear = () => prompts().length && ask([]);
  const choose = (i) => model.get("_answer").scores?.length > i && hand.set("choice", i);
  const boxOf = ([ax, ay], [bx, by], more = 0) =>
    [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx) + more, Math.max(ay, by) + more];

  const masks = [0, 1, 2].map((i) => {
    const canvas = h("canvas", { "aria-hidden": "true" }), text = h("span");
    return { canvas, text, node: h("button", { type: "button", onclick: () => choose(i) }, canvas, text) };
  });
  const button = (text, onclick) => h("button", { type: "button", onclick }, text);
  const name = unique(), legend = h("legend");
  const meanings = [[1, "+ keep"], [0, "− exclude"]].map(([value, text]) => {
    const radio = h("input", { type: "radio", name, onchange: () => { label = value; } });
    radio.checked = value === label;
    return h("label", {}, radio, text);
  });
  const help = h("p", { class: "soft" });
  help.innerHTML = "<kbd>Shift</kbd>- or right-click excludes, a drag draws a box. Keys on the picture: " +
    "<kbd>arrows</kbd> move (with <kbd>Shift</kbd> far), <kbd>Enter</kbd> keeps, <kbd>Shift+Enter</kbd> excludes, " +
    "<kbd>b</kbd> at two corners draws a box, <kbd>1</kbd> <kbd>2</kbd> <kbd>3</kbd> choose a mask, " +
    "<kbd>Backspace</kbd> undoes, <kbd>Esc</kbd> clears.";
  const where = h("p", { class: "soft" });
  const found = h("fieldset", {}, legend, h("div", { class: "masks" }, ...masks.map((mask) => mask.node)));
  const means = h("fieldset", {}, h("legend", {}, "A click means"),
    h("div", { class: "row" }, ...meanings, button("Undo", undo), button("Clear", clear)));

  let layer = null; // the chosen mask, kept while a hand moves
  function draw() {
    paint(over, width, (context, scale) => {
      if (layer && prompts().length) {
        context.imageSmoothingEnabled = false;
        context.drawImage(layer.tint, 0, 0, width * scale, height * scale);
        stroke(context, layer.border((width * scale) / layer.tint.width));
      }
      const box = prompts().filter((prompt) => prompt.length === 4).at(-1);
      const half = drag?.box || (corner && boxOf(corner, cursor, 1));
      if (box) stroke(context, rectangle(box, scale), [7, 7]);
      if (half) stroke(context, rectangle(half, scale), [2, 6]);
      for (const [x, y, keep] of prompts().filter((prompt) => prompt.length === 3))
        glyph(context, (x + 0.5) * scale, (y + 0.5) * scale, keep);
      const [x, y] = cursor.map((pixel) => (pixel + 0.5) * scale);
      if (byKeys && stage.matches(":focus")) stroke(context, cross(x, y));
    });
    where.textContent = corner ? "Now the opposite corner, and b again. Esc drops the box."
      : `x, y = ${cursor.join(", ")}`;
  }
  function update() {
    const answer = model.get("_answer"), chosen = model.get("choice") ?? answer.best;
    const inside = answer.bits && reader(answer, chosen);
    layer = inside && {
      tint: filled(inside, answer.size, TINT),
      border: once((scale) => border(inside, answer.size, scale)),
    };
    const scissors = answer.scores?.length === 0;
    legend.textContent = scissors ? "GrabCut’s mask" : "SAM’s three masks";
    masks.forEach(({ canvas, text, node }, i) => {
      node.hidden = scissors && i > 0;
      node.setAttribute("aria-pressed", String(Boolean(answer.scores) && chosen === i));
      [canvas.width, canvas.height] = answer.size ?? [width, height]; // which empties it
      if (answer.bits) canvas.getContext("2d").drawImage(filled(reader(answer, i), answer.size, WHITE), 0, 0);
      const score = answer.scores ? `IoU ${answer.scores[i]?.toFixed(2)}` : "none yet";
      if (scissors) text.replaceChildren(answer.shares[0], h("br"), "no score");
      else text.replaceChildren(`${i + 1}${answer.best === i ? ", best" : ""}`, h("br"), score);
    });
    draw();
  }

  /** The pixel under the pointer; with round = Math.round the nearest border between pixels, for a box. */
  function at(event, round = Math.floor) {
    const { left, top, width: shown } = stage.getBoundingClientRect(), edge = round === Math.floor ? 1 : 0;
    const pixel = (distance, side) => clamp(round((distance * width) / shown), side - edge);
    return [pixel(event.clientX - left, width), pixel(event.clientY - top, height)];
  }

  const on = {
    pointerdown(event) {
      if (event.button !== 0 && event.button !== 2) return;
      stage.focus({ preventScroll: true });
      stage.setPointerCapture(event.pointerId);
      byKeys = false;
      corner = null;
      drag = { x: event.clientX, y: event.clientY, from: at(event, Math.round), box: null };
    },
    pointermove(event) {
      if (drag) {
        const box = boxOf(drag.from, at(event, Math.round));
        const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 5; // a hand that clicks may tremble
        drag.box = far && box[0] < box[2] && box[1] < box[3] ? box : null;
        draw();
      } else if (!corner) where.textContent = `x, y = ${at(event).join(", ")}`;
    },
    pointerup(event) {
      if (!drag) return;
      const { box } = drag;
      drag = null;
      cursor = at(event);
      // Ctrl-click is the right-click of a Mac.
      const exclude = event.button === 2 || event.shiftKey || event.ctrlKey;
      add(box ?? [...cursor, exclude ? 0 : label]);
    },
    pointercancel() { drag = null; draw(); },
    // The notebook would take a Shift-click for choosing cells, and open its own menu on a right-click.
    mousedown(event) { event.stopPropagation(); event.preventDefault(); },
    contextmenu(event) { event.stopPropagation(); event.preventDefault(); },
    focus() { byKeys = stage.matches(":focus-visible"); draw(); },
    blur() { corner = null; draw(); },
    keydown(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = Math.max(1, Math.round(unit / (event.shiftKey ? 16 : 256)));
      const move = (dx, dy) => () => {
        cursor = [clamp(cursor[0] + dx * step, width - 1), clamp(cursor[1] + dy * step, height - 1)];
      };
      const act = {
        arrowleft: move(-1, 0), arrowright: move(1, 0), arrowup: move(0, -1), arrowdown: move(0, 1),
        enter: () => add([...cursor, event.shiftKey ? 0 : label]),
        b() {
          if (corner) add(boxOf(corner, cursor, 1));
          corner = corner ? null : cursor;
        },
        1: () => choose(0), 2: () => choose(1), 3: () => choose(2),
        backspace: undo,
        escape() {
          if (!corner) clear();
          corner = null;
        },
      }[event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      byKeys = true;
      act();
      draw();
    },
  };
  for (const [name, act] of Object.entries(on)) stage.addEventListener(name, act);
  stage.classList.add("click");
  stage.tabIndex = 0;
  stage.setAttribute("role", "application");
  stage.setAttribute("aria-label",
    "Picture to click on. Arrow keys move the cursor, Enter keeps what is there, Shift Enter excludes it.");
  return { stage, where, found, means, help, over, update, draw };
}
