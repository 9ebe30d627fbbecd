// Building elements, and the few things of the browser that every part of the page uses.

/** An element. Attributes: false and null are left out, true is empty, on… are listeners. Strings become text. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Text of the app's author: blank lines part paragraphs, `ticks` are code. Never parsed as HTML. */
export function prose(text) {
  return text.split(/\n\s*\n/).map((paragraph) => h("p", {}, ...inline(paragraph)));
}

export function inline(text) {
  return text.split(/(`[^`]+`)/).filter(Boolean).map((piece) =>
    piece.length > 2 && piece.startsWith("`") && piece.endsWith("`") ? h("code", {}, piece.slice(1, -1)) : piece);
}

/** A button that copies what `text()` gives and says so. */
export function copyButton(label, text) {
  const button = h("button", { type: "button", class: "quiet", "aria-label": label, onclick: async () => {
    const done = await copy(text());
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  } }, "Copy");
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);  // no clipboard over plain http from another machine
  }
}

function copyBySelection(text) {
  const area = h("textarea", { class: "offscreen", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

export function formatBytes(count) {
  if (count < 1000) return `${count} B`;
  if (count < 1024 * 1000) return `${(count / 1024).toFixed(1)} KB`;
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}
