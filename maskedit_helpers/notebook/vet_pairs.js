// What VetPairs (vet_pairs.py) does in the browser.

function vetPairs(model) {
  const { status, tell } = telling(model);
  const heading = h("span", { class: "head" }), words = h("span", { class: "asked" });
  const figures = h("div", { class: "row" });
  const answer = (accept) => h("button", { type: "button", onclick: () => say(accept) },
    accept ? "Accept" : "Reject", h("kbd", {}, accept ? " (a)" : " (r)"));
  const [accept, reject] = [answer(1), answer(0)];
  const undo = h("button", { type: "button", onclick: () => back() }, "Undo", h("kbd", {}, " (u)"));
  const all = h("div", { class: "vet", tabindex: "0", role: "group",
    "aria-label": "A pair to vet: a accepts, r rejects, u takes the last answer back" },
  h("p", { class: "told", "aria-live": "polite" }, heading, " ", words), figures,
  h("div", { class: "row" }, accept, reject, undo), status);

  // A key that comes before the next pair is on the page is no answer to it.
  const shown = () => model.get("_answer").at;
  const answered = (at) => model.get("_history").some(([place]) => place === at);
  function say(accept) {
    const at = shown();
    if (at >= 0 && !answered(at)) set(model, "_history", [...model.get("_history"), [at, accept]]);
  }
  function back() {
    const history = model.get("_history");
    if (history.length && history.length === model.get("_answer").done) set(model, "_history", history.slice(0, -1));
  }
  all.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const act = { a: () => say(1), r: () => say(0), u: back }[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });

  let over = h("canvas"), line = null, at = null;
  const figure = (caption, box) => h("figure", {}, h("figcaption", {}, caption), box.node);
  function update() {
    const answer = model.get("_answer");
    tell();
    if (answer.at !== at) {
      at = answer.at;
      const here = at >= 0;
      // Before its button turns grey and loses the focus, or the keys would be JupyterLab's again.
      if (!here && [accept, reject].includes(document.activeElement)) all.focus({ preventScroll: true });
      heading.textContent = here ? `${answer.heading}:` : "All pairs are answered.";
      words.textContent = here ? `“${answer.instruction}”` : "";
      accept.disabled = reject.disabled = !here;
      line = null;
      figures.replaceChildren();
      if (here) {
        const before = pictureBox(answer.of, answer.before, "before", 288);
        const marked = pictureBox(answer.of, answer.before, "before, with the outline of the mask", 288);
        const after = pictureBox(answer.of, answer.after, "after", 288);
        over = marked.over;
        line = once((scale) => border(reader(answer, 0), answer.size, scale));
        figures.append(figure("before", before), figure("before, with the mask’s outline", marked), figure("after", after));
      }
    }
    if (!answer.done && document.activeElement === undo) all.focus({ preventScroll: true });
    undo.disabled = !answer.done;
    draw();
  }
  function draw() {
    const answer = model.get("_answer");
    paint(over, answer.of?.[0] ?? 1, (context, scale) => {
      if (line) stroke(context, line((scale * answer.of[0]) / answer.size[0]));
    });
  }
  return { nodes: [all], update, draw, traits: ["_history", "_answer"], over: all };
}
