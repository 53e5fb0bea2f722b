// A hall has a wide screen, a phone a high one: the same slides, laid out for either. The speaker sees what the hall sees.
function room() {
  const speaker = /[?&]receiver/.test(location.search), paper = /[?&]print-pdf/.test(location.search);
  const upright = innerHeight > innerWidth && !speaker && !paper;
  document.documentElement.classList.toggle("upright", upright);
  return upright ? { width: 540, height: Math.max(800, Math.round(0.96 * 540 * innerHeight / innerWidth)) }
    : { width: 1280, height: 720 };
}
Reveal.initialize({
  ...room(),
  margin: 0.02,
  center: false,
  hash: true,
  slideNumber: "c/t",
  transition: "none",
  scrollActivationWidth: null, // a phone turns pages as a hall does
  plugins: [RevealNotes],
});
addEventListener("resize", () => Reveal.configure(room()));
