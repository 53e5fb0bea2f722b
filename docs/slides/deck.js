// A hall has a wide screen, a phone a high one: the same slides, laid out for either.
const room = () => (innerWidth > innerHeight ? { width: 1280, height: 720 }
  : { width: 540, height: Math.max(800, Math.round(0.96 * 540 * innerHeight / innerWidth)) });
Reveal.initialize({
  ...room(),
  margin: 0.02,
  center: false,
  display: "flex",
  hash: true,
  slideNumber: "c/t",
  transition: "none",
  scrollActivationWidth: null, // a phone turns pages as a hall does
  plugins: [RevealNotes],
});
addEventListener("resize", () => Reveal.configure(room()));
