// The texts of a page whose contrast with what lies behind them (WCAG 2) is below the limit of their size.
const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

function rgba(css) {
  paint.clearRect(0, 0, 1, 1);
  paint.fillStyle = css;
  paint.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}
const over = (top, below) => top.map((v, i) => (i === 3 ? 1 : v * top[3] + below[i] * (1 - top[3])));

function light(colour) {
  const [r, g, b] = colour.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function behind(el) {
  const layers = [];
  for (let e = el; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
}
const bad = new Set();
for (const el of document.querySelectorAll("body *")) {
  if (el.closest(".sr, svg, [disabled], option")) continue;
  if (!el.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
  if (![...el.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
  const style = getComputedStyle(el);
  const back = behind(el);
  const [dark, bright] = [light(over(rgba(style.color), back)), light(back)].sort((x, y) => x - y);
  const ratio = (bright + 0.05) / (dark + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.6 && style.fontWeight >= 700);
  if (ratio < (large ? 3 : 4.5)) {
    bad.add(`${ratio.toFixed(2)} ${el.tagName}.${el.className}: ${el.textContent.trim().slice(0, 30)}`);
  }
}
return [...bad].slice(0, 12);
