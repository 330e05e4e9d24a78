// Times: the exact one on hover, in the reader's own zone.

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function tellTimes(root) {
  for (const element of root.querySelectorAll?.("time[datetime]") ?? []) {
    const moment = new Date(element.dateTime);
    if (!Number.isNaN(moment.getTime())) element.title = exact.format(moment);
  }
}
