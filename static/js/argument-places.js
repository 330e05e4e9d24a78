// Places in the argument form: fields by their path, folds opened on the way to them, folds and focus kept through a redraw.

const escaped = (part) => String(part).replaceAll("~", "~0").replaceAll("/", "~1");
export const pathOf = (element) => JSON.parse(element.closest("[data-path]").dataset.path);
export const pointerTo = (path) => JSON.parse(path).map((part) => `/${escaped(part)}`).join("");
const named = (part) => JSON.stringify(part).replace(/[\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
export const written = (path) => `[${path.map(named).join(",")}]`;
export const fieldAt = (editor, path) =>
  [...editor.querySelectorAll("[data-form] [data-path]")].find((one) => one.dataset.path === written(path));

export function toggleFold(button, open = button.getAttribute("aria-expanded") !== "true") {
  button.setAttribute("aria-expanded", String(open));
  document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
}

const foldOf = (field) => field.querySelector(":scope > .argument-head > [data-fold]");

const TARGETS = [".argument-input:not([data-new-key])", "[data-add]", "[data-fold]", "input, button, select"];

// Open everything around the field, and put the focus into it.
export function reveal(field, { inside = true } = {}) {
  for (let around = field; around; around = around.parentElement?.closest(".argument, [data-more]")) {
    if (around.matches("details")) around.open = true;
    else if (around !== field || inside) foldOf(around) && toggleFold(foldOf(around), true);
  }
  const first = TARGETS.map((kind) => [...field.querySelectorAll(kind)].find((one) => one.checkVisibility())).find(Boolean);
  first?.focus();
  first?.scrollIntoView({ block: "nearest" });
}

// What is folded where, and where the focus is, so that the form drawn anew stands as the former did.
export function rememberPlaces(editor) {
  const folds = new Map();
  for (const fold of editor.querySelectorAll("[data-fold]")) folds.set(`fold ${pathText(fold)}`, fold.getAttribute("aria-expanded") === "true");
  for (const more of editor.querySelectorAll("[data-form] details")) folds.set(`${more.matches("[data-more]") ? "more" : "extra"} ${pathText(more)}`, more.open);
  const at = document.activeElement;
  const within = editor.querySelector("[data-form]").contains(at) ? at : null;
  const focus = within && { path: pathText(within), role: roleOf(within), from: within.selectionStart, to: within.selectionEnd };
  return { folds, focus };
}

export function restorePlaces(editor, { folds, focus }) {
  for (const fold of editor.querySelectorAll("[data-fold]")) {
    const open = folds.get(`fold ${pathText(fold)}`);
    const refused = fold.closest(".argument").querySelector(".field-error");
    if (open !== undefined) toggleFold(fold, open || Boolean(refused));
  }
  for (const more of editor.querySelectorAll("[data-form] details")) {
    const open = folds.get(`${more.matches("[data-more]") ? "more" : "extra"} ${pathText(more)}`);
    if (open !== undefined && !more.querySelector(".field-error")) more.open = open;
  }
  if (focus) refocus(editor, focus);
}

function refocus(editor, { path, role, from, to }) {
  const field = [...editor.querySelectorAll("[data-form], [data-form] [data-path]")].find((one) => one.dataset.path === path);
  if (!field) return;
  const same = [...field.querySelectorAll("button, input, select, textarea, summary")].filter((one) => one.closest("[data-path]") === field);
  const element = same.find((one) => roleOf(one) === role && !one.disabled) ?? same[0];
  const more = element?.closest("details");
  if (more && element.tagName !== "SUMMARY") more.open = true;
  element?.focus({ preventScroll: true });
  if (typeof from === "number" && element?.setSelectionRange && /text|search|area/.test(element.type)) element.setSelectionRange(from, to);
}

const pathText = (element) => element.closest("[data-path]").dataset.path;
const ROLES = ["fold", "choose", "move", "take", "given", "set", "add", "newKey", "addKey", "default"];

function roleOf(element) {
  const role = ROLES.find((name) => name in element.dataset) ?? element.tagName;
  return role === "move" || role === "choose" ? `${role} ${element.dataset[role]}` : role;
}
