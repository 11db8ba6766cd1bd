/** Tables as text: CSV files (RFC 4180) and what spreadsheets put on the clipboard. */

/** @param {string} text @param {string} [separator] @returns {string[][]} rows of cells */
export function parseTable(text, separator = separatorOf(text)) {
  /** @type {string[][]} */
  const rows = [];
  let row = [""];
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    const last = row.length - 1;
    if (quoted) {
      if (character !== '"') row[last] += character;
      else if (text[at + 1] === '"') row[last] += text[++at];
      else quoted = false;
    } else if (character === '"' && row[last] === "") quoted = true;
    else if (character === separator) row.push("");
    else if (character === "\n" || character === "\r") {
      if (character === "\r" && text[at + 1] === "\n") at++;
      rows.push(row);
      row = [""];
    } else row[last] += character;
  }
  if (quoted) throw new Error("The table cannot be read: a quotation mark is never closed.");
  rows.push(row);
  return rows.filter((cells) => cells.some((cell) => cell !== ""));
}

/** A file's text: UTF-8, or what older spreadsheets write. @param {Blob} file */
export async function readText(file) {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Spreadsheets of some languages separate by semicolons. @param {string} text */
function separatorOf(text) {
  const header = text.split(/\r?\n/, 1)[0];
  const counts = ["\t", ";", ","].map((mark) => ({ mark, number: header.split(mark).length }));
  return counts.reduce((best, each) => (each.number >= best.number ? each : best)).mark;
}
