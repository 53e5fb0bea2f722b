// What RateEdits (rate_edits.py) does in the browser.

function rateEdits(model) {
  const status = h("p", { class: "status", "aria-live": "polite" });
  const heading = h("span", { class: "head" }), words = h("span", { class: "asked" });
  const figures = h("div", { class: "row" }), asked = h("div", { class: "row rates" });
  const back = h("button", { type: "button", onclick: () => go(-1) }, "Back", h("kbd", {}, " (b)"));
  const all = h("div", { class: "vet", tabindex: "0", role: "group",
    "aria-label": "An edit to rate: 1 to 5 answer the marked question, b goes back" },
  h("p", { class: "told", "aria-live": "polite" }, heading, " ", words), figures, asked,
  h("div", { class: "row" }, back), status);

  // A key that comes before the next edit is on the page is no answer to it.
  let marked = 0, waits = false, wishes = Math.floor(Math.random() * 1e9), shown = null;
  function say(question, value) {
    const { at, given } = model.get("_answer");
    if (at < 0 || waits) return;
    if (given[question] === value) {
      if (question < given.length - 1) mark(question + 1);
      else go(1);
      return;
    }
    waits = true;
    setTimeout(() => (waits = false), 3000); // Python may have refused it
    marked = (question + 1) % given.length;
    set(model, "_said", [at, question, value, ++wishes]);
  }
  function go(step) {
    const { at, total } = model.get("_answer"), to = (at < 0 ? total : at) + step;
    if (to >= 0 && to < total && !waits) set(model, "_place", [to, ++wishes]);
  }
  function mark(question) {
    marked = question;
    for (const [i, node] of [...asked.children].entries()) node.toggleAttribute("data-marked", i === marked);
  }
  all.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const value = "12345".indexOf(event.key) + 1;
    if (event.key.toLowerCase() === "b") go(-1);
    else if (value && event.key.length === 1) say(marked, value);
    else return;
    event.preventDefault();
  });

  const over = h("canvas");
  const figure = (caption, box) => h("figure", {}, h("figcaption", {}, caption), box.node);
  function question(one, number, given) {
    const name = unique(), heading = h("legend", { id: name }, one.text);
    const choice = (value, text) => h("button", { type: "button", "aria-pressed": String(given === value),
      "aria-label": value === 1 ? `1, ${one.low}` : value === 5 ? `5, ${one.high}` : text,
      onclick: () => say(number, value) }, text);
    const buttons = [1, 2, 3, 4, 5].map((value) => choice(value, String(value)));
    if (one.unsure) buttons.push(choice(0, one.unsure));
    return h("fieldset", {}, heading, h("div", { class: "row" }, ...buttons),
      h("div", { class: "ends soft" }, h("span", {}, `1 ${one.low}`), h("span", {}, `5 ${one.high}`)));
  }
  function update() {
    const answer = model.get("_answer"), here = answer.at >= 0;
    waits = false;
    if (status.textContent !== answer.status) status.textContent = answer.status;
    heading.textContent = here ? `Edit ${answer.at + 1} of ${answer.total}:` : "All edits are rated. Thank you!";
    words.textContent = here ? `“${answer.instruction}”` : "";
    back.disabled = answer.at === 0;
    const inside = all.contains(document.activeElement);
    if (answer.at !== shown) {
      marked = 0;
      figures.replaceChildren();
      if (here) figures.append(
        figure("original", pictureBox(answer.size, answer.outlined, "original, with the outline of the region", 384)),
        figure("edited", pictureBox(answer.size, answer.edited, "edited", 384)));
      shown = answer.at;
    }
    asked.replaceChildren(...(here ? answer.questions.map((one, i) => question(one, i, answer.given[i])) : []));
    mark(marked);
    if (inside && !all.contains(document.activeElement)) all.focus({ preventScroll: true });
  }
  return { nodes: [all], update, draw: () => {}, traits: ["_answer"], over };
}
