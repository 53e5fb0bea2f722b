// What Studio (studio.py) does in the browser.

const SIDE_BY_SIDE = 384; // longer side of each of the three pictures, CSS pixels, where there is room

/** Copy the text of `node`; where a page may not (an output's own frame, in Colab), select it for the reader's keys. */
async function copied(node) {
  try {
    await navigator.clipboard.writeText(node.textContent);
    return "Copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(node);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand("copy") ? "Copied" : "Selected: now Ctrl+C";
  }
}

function studio(model) {
  const pace = paced(model), size = model.get("_size"), reach = model.get("_reach");
  const point = pointing(model, pace, SIDE_BY_SIDE);
  const edit = pictureBox(size, null, "y, the edit", SIDE_BY_SIDE);
  const blend = swiped(size, model.get("_x0"), SIDE_BY_SIDE);
  const { status, plain, tell } = telling(model);

  // What to do: typed and sent by Enter, or chosen.
  const field = h("input", { type: "text", spellcheck: "false", autocomplete: "off" });
  const instruct = () => pace.set("instruction", field.value);
  let typing = false; // then an answer to something else leaves the field alone
  field.addEventListener("input", () => { typing = true; });
  field.addEventListener("change", () => {
    typing = false;
    instruct();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    typing = false;
    instruct();
  });
  const offers = h("select", {}, h("option", { value: "" }, "…"),
    ...model.get("_offered").map((text) => h("option", {}, text)));
  offers.addEventListener("change", () => {
    if (!offers.value) return;
    field.value = offers.value;
    typing = false;
    instruct();
  });
  const seed = h("input", { type: "number", min: "0", step: "1" });
  seed.addEventListener("change", () => {
    const value = Math.floor(seed.valueAsNumber);
    if (value >= 0 && value < 2 ** 31) pace.set("seed", value);
    seed.value = pace.of("seed");
  });
  const another = h("button", { type: "button", onclick: () => {
    pace.set("seed", pace.of("seed") + 1);
    seed.value = pace.of("seed");
  } }, "Next seed");

  const range = (name, text, unit) => {
    const [min, max, step] = reach[name];
    return slider(pace, name, text, { min, max, step, unit });
  };
  const texts = range("s_T", "s_T: how strongly the text counts", "");
  const pictures = range("s_I", "s_I: how strongly the original counts", "");
  const sizes = [range("dilate", "dilate: let the mask reach further", " px"),
    range("feather", "feather: soften its edge", " px")];
  const sliders = [texts, pictures, ...sizes];
  const plans = h("select", {}, ...model.get("_plans").map((name) => h("option", {}, name)));
  plans.addEventListener("change", () => pace.set("plan", plans.value));

  const cells = h("tbody"), judged = h("caption");
  const table = h("table", {}, judged, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "metric"),
    h("th", { scope: "col" }, "edit"), h("th", { scope: "col" }, "blend"))), cells);
  const copy = h("button", { type: "button", onclick: async () => {
    copy.textContent = await copied(plain.querySelector("code"));
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  } }, "Copy");
  plain.querySelector(".head").append(" ", copy);

  const asked = h("div", { class: "instruct" }, ...labelled("What to do", field),
    h("button", { type: "button", onclick: () => { typing = false; instruct(); } }, "Edit"));
  const top = h("div", { class: "top" }, asked,
    h("div", { class: "row" }, ...labelled("or choose", offers)), status);
  const column = (caption, ...nodes) => h("div", { class: "column" }, h("figcaption", {}, caption), ...nodes);
  const working = h("span", { class: "soft" });
  const columns = h("div", { class: "columns" },
    column("Where: x0 and the mask M", point.stage, point.where, point.found, point.means,
      h("details", {}, h("summary", {}, "Keys and mouse"), point.help)),
    column(h("span", {}, "What: y, the edit", working), edit.node, texts.node, pictures.node,
      h("div", { class: "row" }, ...labelled("seed", seed), another),
      h("div", { class: "row" }, ...labelled("plan: how it is computed", plans))),
    column("Together: y_tilde, the blend", blend.node, ...sizes.map((one) => one.node), table));
  const all = h("div", { class: "studio" }, top, columns, plain);

  let granted = 0, later = null;
  function update() {
    const answer = model.get("_answer");
    if (!typing) field.value = pace.of("instruction");
    offers.value = [...offers.options].some((option) => option.value === field.value) ? field.value : "";
    if (document.activeElement !== seed) seed.value = pace.of("seed");
    for (const one of sliders) one.show();
    plans.value = pace.of("plan");
    // An edit that the hand has moved on from is not shown: the last one stays, dimmed, until the new one is there.
    const outdated = Object.entries(answer.of ?? {}).some(([name, value]) => pace.of(name) !== value);
    const waits = outdated || answer.edit === undefined;
    if (!waits) {
      for (const [img, png] of [[edit.img, answer.edit], [blend.img, answer.blend]]) {
        img.hidden = !png;
        if (png) img.src = url(png);
      }
    }
    edit.node.classList.toggle("waits", waits);
    blend.node.classList.toggle("waits", waits);
    working.textContent = waits ? " (working …)" : "";
    table.classList.toggle("waits", waits || answer.table === undefined);
    table.hidden = answer.table === null || !(cells.children.length || answer.table);
    if (!waits && answer.table) {
      judged.textContent = `Measured against ${answer.by}`;
      cells.replaceChildren(...answer.table.map(([label, unit, ...values]) => {
        const best = values.pop();
        const shown = values.map((value, i) => h("td", {}, i === best ? h("strong", {}, value) : value));
        return h("tr", {}, h("th", { scope: "row" }, unit ? `${label} (${unit})` : label), ...shown);
      }));
    }
    point.update();
    tell();
    if (answer.wish && answer.wish !== granted) grant(answer);
  }
  /** Let Python do what it wants to; where an edit takes seconds, only after the hand has rested for a moment. */
  function grant({ wish, seconds }) {
    granted = wish;
    clearTimeout(later);
    later = setTimeout(() => pace.set("_go", wish), seconds > 1 ? 400 : 0);
  }
  function draw() {
    point.draw();
  }
  return { nodes: [all], update, draw, over: point.over, pace, traits: ["prompts", "choice", "instruction", "plan",
    "s_T", "s_I", "seed", "dilate", "feather", "_answer"] };
}
