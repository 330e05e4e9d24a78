// Messages: dismissed by their button; those that only report success leave by themselves.

const STAY_MS = 6000;

export function dismissOnClick(region) {
  region.addEventListener("click", ({ target }) => target.closest("[data-dismiss]")?.closest(".message").remove());
  const leaveAll = () => region.querySelectorAll(".message-success, .message-info").forEach(leaveLater);
  new MutationObserver(leaveAll).observe(region, { childList: true });
  leaveAll();
}

function leaveLater(message) {
  if (message.dataset.leaving !== undefined) return;
  message.dataset.leaving = "";
  const leave = () => (message.matches(":hover, :focus-within") ? setTimeout(leave, STAY_MS) : message.remove());
  setTimeout(leave, STAY_MS);
}

// An error the server could not say itself. The same one is not piled up.
export function say(text) {
  const region = document.getElementById("messages");
  if ([...region.children].some((message) => message.textContent.trim() === text)) return;
  const message = document.createElement("div");
  message.className = "message message-error";
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button-bare button-small";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "Dismiss");
  close.textContent = "×";
  message.append(words, close);
  region.append(message);
}
