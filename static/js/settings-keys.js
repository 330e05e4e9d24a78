// The settings' keys: "Change", then the key. Escape keeps what it was; Tab and a click elsewhere do so as well.

import { keyOf } from "./keys.js";

const MODIFIERS = ["Shift", "Control", "Meta", "Alt", "AltGraph", "CapsLock", "Fn"];
let armed = null;

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-press]");
  if (button) arm(button);
});

document.addEventListener("focusout", ({ target }) => target === armed && disarm());

// The browser looked for what to focus before there was a script to show it for.
document.querySelector("[data-press][autofocus]")?.focus();

// Before every other key of the page.
document.addEventListener(
  "keydown",
  (event) => {
    if (!armed || event.isComposing || MODIFIERS.includes(event.key)) return;
    if (event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return disarm();
    const { form } = armed;
    form.elements.key.value = event.altKey ? `Alt+${keyOf(event)}` : keyOf(event);
    form.requestSubmit();
  },
  true,
);

function arm(button) {
  armed = button;
  button.setAttribute("aria-pressed", "true");
  button.textContent = "Press the key… Esc keeps it";
}

function disarm() {
  armed.setAttribute("aria-pressed", "false");
  armed.textContent = "Change";
  armed = null;
}
