// The filter of a long form: fields whose name, title or description holds the words stay, with what they stand in.

export function filter(editor, words) {
  const wanted = words.trim().toLowerCase();
  const form = editor.querySelector("[data-form]");
  form.classList.toggle("is-filtered", wanted !== "");
  const fields = [...form.querySelectorAll(".argument")];
  for (const field of fields) field.classList.remove("is-filtered-out");
  if (!wanted) return;
  const kept = new Set();
  for (const field of fields.filter((one) => textOf(one).includes(wanted))) {
    for (let around = field; around; around = around.parentElement.closest(".argument")) kept.add(around);
    for (const inner of field.querySelectorAll(".argument")) kept.add(inner);
    const more = field.closest("[data-more]");
    if (more) more.open = true;
  }
  for (const field of fields) field.classList.toggle("is-filtered-out", !kept.has(field));
}

function textOf(field) {
  const [label, help] = [".argument-head > .argument-label, .argument-head > .argument-fold", ".argument-about > .argument-help"].map((part) =>
    field.querySelector(part.split(", ").map((one) => `:scope > ${one}`).join(", ")),
  );
  return `${label?.textContent ?? ""} ${help?.textContent ?? ""}`.toLowerCase();
}
