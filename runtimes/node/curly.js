"use strict";
// Help for the quotes that word processors and PDFs put in place of the keyboard's.

const fs = require("fs");
const path = require("path");

const CURLY = /[\u2018-\u201f]/g;
const HINT = Symbol("hint");

// Gives a SyntaxError a sentence about curly quotes, if they are on the line where it stopped.
// Errors of ES modules do not tell their place; then the first stray quote of `files` must do.
function explain(error, files) {
  const place = /^(?:file:\/\/)?(\/[^\n]*):(\d+)\n/.exec(error.stack || "");
  const hint = place ? describe(place[1], Number(place[2])) : files.map(search).find(Boolean);
  Object.defineProperty(error, HINT, { value: hint });
}

function search(file) {
  const number = lines(file).findIndex((line) => withoutText(line).search(CURLY) >= 0);
  return number < 0 ? undefined : describe(file, number + 1);
}

function describe(file, number) {
  const quotes = (lines(file)[number - 1] || "").match(CURLY);
  if (!quotes) return undefined;
  return (
    `Line ${number} of ${path.basename(file)} has curly quotes ` +
    `(${Array.from(new Set(quotes)).join(" ")}), which JavaScript does not take for quotes; they ` +
    "come from text copied out of a PDF or a word processor. Type them again as \" or '."
  );
}

function lines(file) {
  try {
    return fs.readFileSync(file, "utf8").split("\n");
  } catch (_) {
    return [];
  }
}

// A line without its proper strings and its comment, in which curly quotes are fine.
function withoutText(line) {
  return line.replace(/"[^"]*"|'[^']*'|`[^`]*`|\/\/.*/g, "");
}

module.exports = { explain, hint: (error) => (error ? error[HINT] : undefined) };
