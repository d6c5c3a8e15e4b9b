"use strict";
// Sorting, filters and tips. Without scripts the page shows every row, in its own order.

function order(cell) {
  const given = cell.getAttribute("data-order");
  if (given !== null) return given === "" ? null : Number(given);
  return cell.textContent.trim() || null;
}

function compared(a, b, down) {
  // What is not known stays last in either direction.
  if (a === null || b === null) return (a === null) - (b === null);
  const sign = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en");
  return down ? -sign : sign;
}

function sortBy(table, index) {
  const headers = [...table.tHead.rows[0].cells];
  const header = headers[index];
  const before = header.getAttribute("aria-sort");
  // Numbers are looked at from the top, names from A.
  const first = header.classList.contains("number") ? "descending" : "ascending";
  const way = before === null || before === "none" ? first : before === "ascending" ? "descending" : "ascending";
  for (const other of headers) other.setAttribute("aria-sort", other === header ? way : "none");
  const rows = [...table.tBodies[0].rows].map((row) => [order(row.cells[index]), row]);
  rows.sort((a, b) => compared(a[0], b[0], way === "descending"));
  table.tBodies[0].append(...rows.map((pair) => pair[1]));
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((header, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    button.addEventListener("click", () => sortBy(table, index));
    header.replaceChildren(button);
    header.setAttribute("aria-sort", "none");
  });
}

function labelled(text, control, kind) {
  const label = document.createElement("label");
  if (kind) label.className = kind;
  label.append(...(kind ? [control, text] : [text, control]));
  return label;
}

function choice(table, index, name) {
  const select = document.createElement("select");
  const values = new Set([...table.tBodies[0].rows].map((row) => row.cells[index].textContent.trim()));
  select.append(new Option("all", ""), ...[...values].filter(Boolean).map((value) => new Option(value, value)));
  return values.size > 1 ? { index, select, label: labelled(name, select) } : null;
}

function makeFilters(box) {
  const table = box.querySelector("table");
  const rows = [...table.tBodies[0].rows];
  const tools = document.createElement("div");
  tools.className = "tools";
  const search = document.createElement("input");
  search.type = "search";
  const choices = [...table.tHead.rows[0].cells]
    .map((header, index) => ("choices" in header.dataset ? choice(table, index, header.textContent.trim()) : null))
    .filter(Boolean);
  const all = document.createElement("input");
  all.type = "checkbox";
  const count = document.createElement("output");
  if ("filters" in box.dataset) tools.append(labelled("search", search), ...choices.map((one) => one.label));
  if (rows.some((row) => row.classList.contains("minor"))) {
    tools.append(labelled(`Show also ${box.dataset.minor}`, all, "check"));
  }
  tools.append(count);
  const show = () => {
    const text = search.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const wanted = choices.every((one) => !one.select.value || row.cells[one.index].textContent.trim() === one.select.value);
      row.hidden = !wanted || (row.classList.contains("minor") && !all.checked) ||
        !row.textContent.toLowerCase().includes(text);
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${rows.length} rows`;
  };
  for (const control of [search, all, ...choices.map((one) => one.select)]) control.addEventListener("input", show);
  box.prepend(tools);
  show();
}

function makeTips() {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  const marks = [...document.querySelectorAll(".mark")];
  const texts = new Map(marks.map((mark) => [mark, mark.querySelector("title")?.textContent ?? ""]));
  document.addEventListener("pointerover", (event) => {
    const mark = event.target instanceof Element ? event.target.closest(".mark") : null;
    tip.hidden = !mark || !texts.get(mark);
    if (tip.hidden) return;
    // The browser's own tip would say it again.
    mark.querySelector("title")?.remove();
    tip.textContent = texts.get(mark);
    const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(event.clientX + 12, room))}px`;
    tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 12)}px`;
  });
}

// On a phone the parts of a table are laid out anew, which would hide from screen readers that it is one.
function nameRoles(table) {
  const roles = { thead: "rowgroup", tbody: "rowgroup", tr: "row", "thead th": "columnheader", "tbody th": "rowheader", td: "cell" };
  table.setAttribute("role", "table");
  for (const [part, role] of Object.entries(roles)) {
    for (const each of table.querySelectorAll(part)) each.setAttribute("role", role);
  }
}

for (const box of document.querySelectorAll(".table")) {
  const table = box.querySelector("table");
  nameRoles(table);
  if (table.tBodies[0].rows.length > 25) box.querySelector(".scroll").classList.add("tall");
  if (table.tBodies[0].rows.length > 1) makeSortable(table);
  if ("filters" in box.dataset || "minor" in box.dataset) makeFilters(box);
}
makeTips();
// What is folded away is wanted on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
