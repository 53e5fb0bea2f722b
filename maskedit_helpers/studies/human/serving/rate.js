// What a page does beyond HTML where there is JavaScript: each answer is kept as it is given, digits answer, and the
// original shows in the edit's place. Without it, "Keep and go on" keeps both answers.

const form = document.querySelector("form.rating");

function keep() {
  const body = new URLSearchParams(new FormData(form));
  body.set("quietly", "1");
  // A failure costs nothing: the form sends all answers once more. keepalive: also while the page goes away.
  fetch(form.action, { method: "POST", body, keepalive: true, redirect: "manual" }).catch(() => {});
}

if (form) {
  form.addEventListener("change", keep);
  // Only while the focus is in a question, so that no key of a screen reader or of the browser is taken.
  form.addEventListener("keydown", (event) => {
    const question = event.target.closest("fieldset");
    if (!question || event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = question.querySelector(`input[value="${CSS.escape(event.key)}"]`);
    if (!chosen) return;
    event.preventDefault();
    chosen.click();
    const next = question.nextElementSibling;
    (next?.querySelector("input:checked") ?? next?.querySelector("input") ?? form.querySelector(".next")).focus();
  });
}

const flip = document.querySelector(".flip");
if (flip) {
  const [before, after] = [".original figcaption", ".edited figcaption"].map((name) => document.querySelector(name));
  const edited = document.querySelector(".edited img"), original = edited.cloneNode(), name = after.textContent;
  Object.assign(original, { src: flip.dataset.original, alt: flip.dataset.alt, className: "over", hidden: true });
  edited.after(original);
  const turn = () => {
    original.hidden = !original.hidden;
    edited.ariaHidden = String(!original.hidden);
    after.textContent = original.hidden ? name : before.textContent;
    flip.textContent = original.hidden ? flip.dataset.show : flip.dataset.back;
  };
  flip.addEventListener("click", turn);
  edited.parentElement.addEventListener("click", turn);
  flip.hidden = false;
}
