// What ClickMask (click_mask.py) does in the browser.

function clickMask(model) {
  const hand = { of: (name) => model.get(name), set: (name, value) => set(model, name, value) };
  const { stage, where, found, means, help, over, update, draw } = pointing(model, hand);
  const { status, plain, tell } = telling(model);
  const nodes = [h("figure", {}, stage, where), h("div", { class: "panel" }, found, status, means, help, plain)];
  const told = () => {
    update();
    tell();
  };
  return { nodes, update: told, draw, traits: ["prompts", "choice", "_answer"], over };
}
