"use strict";
// Help for the quotes that word processors and PDFs put in place of the keyboard's.

const fs = require("fs");
const path = require("path");

const CURLY = /[\u2018-\u201f]/g;

// A sentence about the line on which a SyntaxError stopped, or undefined.
function explain(error) {
  const match = /^(?:file:\/\/)?(\/[^\n]*):(\d+)\n/.exec((error && error.stack) || "");
  if (!match) return undefined;
  const [, file, number] = match;
  let quotes;
  try {
    quotes = fs.readFileSync(file, "utf8").split("\n")[number - 1].match(CURLY);
  } catch (_) {
    return undefined;
  }
  if (!quotes) return undefined;
  return (
    `Line ${number} of ${path.basename(file)} has curly quotes ` +
    `(${Array.from(new Set(quotes)).join(" ")}), which JavaScript does not take for quotes; they ` +
    "come from text copied out of a PDF or a word processor. Type them again as \" or '."
  );
}

module.exports = { explain };
