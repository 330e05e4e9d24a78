// Violations at their fields: each at the field it points to or the nearest one around it; those at no field that is seen, on top.

import { pointerTo, reveal } from "./argument-places.js";

export function place(editor, violations) {
  clear(editor);
  const fields = new Map();
  for (const field of editor.querySelectorAll(".argument[data-path]")) fields.set(pointerTo(field.dataset.path), field);
  const onTop = [];
  for (const { pointer, message } of violations) {
    const [field, rest] = nearest(fields, pointer);
    const about = field && [...field.children].find((part) => part.matches(".argument-about"));
    if (!about || !about.parentElement.querySelector(".argument-head").checkVisibility()) {
      onTop.push({ pointer, message, field });
      continue;
    }
    about.prepend(errorIn("p", editor, rest ? `${rest}: ${message}` : message));
    field.querySelector(":scope > .argument-input")?.setAttribute("aria-invalid", "true");
  }
  list(editor, onTop);
  editor.querySelector("textarea[name=text]").toggleAttribute("aria-invalid", false);
  if (editor.dataset.mode === "raw" && violations.length) editor.querySelector("textarea[name=text]").setAttribute("aria-invalid", "true");
}

export const goTo = (editor, button) => {
  const field = [...editor.querySelectorAll(".argument[data-path]")].find((one) => one.dataset.path === button.dataset.goto);
  if (field) reveal(field);
};

function clear(editor) {
  for (const error of editor.querySelectorAll(".argument-about > .field-error")) error.remove();
  for (const input of editor.querySelectorAll(".argument-input[aria-invalid]")) input.removeAttribute("aria-invalid");
}

function nearest(fields, pointer) {
  const inner = [];
  let around = pointer;
  while (around && !fields.has(around)) {
    inner.unshift(around.slice(around.lastIndexOf("/") + 1));
    around = around.slice(0, around.lastIndexOf("/"));
  }
  return [around ? fields.get(around) : null, inner.join("/")];
}

function list(editor, problems) {
  const items = problems.map(({ pointer, message, field }) => {
    const item = errorIn("li", editor, message);
    if (!pointer) return item;
    const name = document.createElement(field && editor.dataset.mode === "fields" ? "button" : "code");
    name.textContent = pointer;
    if (name.matches("button")) Object.assign(name, { type: "button", className: "argument-goto" }).dataset.goto = field.dataset.path;
    item.querySelector("span").prepend(name, " ");
    return item;
  });
  editor.querySelector("[data-problems]").replaceChildren(...items);
}

function errorIn(tag, editor, words) {
  const error = document.createElement(tag);
  error.className = "field-error";
  const text = document.createElement("span");
  text.textContent = words;
  error.append(editor.querySelector("[data-error-icon]").content.cloneNode(true), text);
  return error;
}
