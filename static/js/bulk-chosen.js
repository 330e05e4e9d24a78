// The rows that were selected by hand, also on pages of the list that one does not see now: kept for this tab, for the filters they
// were selected under, until something is done to them.

const PREFIX = "tracewright.chosen:";
const keyOf = (form) => `${PREFIX}${form.dataset.user}`;

// Their ids, in the order they were selected in.
export function chosenIn(form) {
  const { query, ids } = attempt(() => JSON.parse(sessionStorage.getItem(keyOf(form)))) ?? {};
  return new Set(query === form.elements.query.value ? ids : []);
}

export const keepChosen = (form, ids) =>
  attempt(() => sessionStorage.setItem(keyOf(form), JSON.stringify({ query: form.elements.query.value, ids: [...ids] })));

export const forgetChosen = () =>
  attempt(() => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => sessionStorage.removeItem(key)));

// What a bulk action was started with is dealt with; one that is only looked at, or dropped, leaves it selected.
document.addEventListener("submit", ({ target }) => target.matches("[data-ends-selection]") && forgetChosen());

// A browser may keep nothing: then a selection ends with its page.
function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}
