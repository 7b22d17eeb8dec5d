// The page: a list of procedures, one of them open, and a place to drop another. The address names the open one.

import { getProcedure, listProcedures, upload } from "./api.js";
import { showAnswer, showProcedure } from "./panel.js";
import { Player } from "./player.js";
import { PROCEDURE, element, showVerdict, tissue } from "./verdicts.js";

const POLL_MS = 500;
const at = (id) => document.getElementById(id);
const player = new Player(showAnswer);

function say(text) {
  at("message").textContent = text;
}

async function showList() {
  const { procedures, total } = await listProcedures();
  at("total").textContent = total;
  at("procedures").replaceChildren(...procedures.map(listItem));
}

function listItem(procedure) {
  const link = element("a");
  link.href = `#${procedure.id}`;
  if (link.hash === location.hash) link.setAttribute("aria-current", "true");
  const verdict = element("span", "", "verdict");
  const said = PROCEDURE[procedure.verdict] ?? { mark: "…", kind: "not_assessed", words: procedure.status };
  showVerdict(verdict, said, tissue(procedure.summary?.tissue_at_tip));
  const when = new Date(procedure.created_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const frames = procedure.frame_count === 1 ? "1 frame" : `${procedure.frame_count} frames`;
  link.append(verdict, element("small", `${frames} · ${when}`));
  const item = element("li");
  item.append(link);
  return item;
}

async function openNamed() {
  const id = location.hash.slice(1);
  at("empty").hidden = Boolean(id);
  document.querySelector("main").hidden = !id;
  if (!id) return;
  try {
    await openProcedure(id);
  } catch (error) {
    say(error.message);
  }
  await showList();
}

async function openProcedure(id) {
  let procedure = await getProcedure(id);
  while (procedure.status === "queued" || procedure.status === "running") {
    showProcedure(procedure);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (location.hash.slice(1) !== id) return;
    procedure = await getProcedure(id);
  }
  showProcedure(procedure);
  if (procedure.status === "done") player.open(procedure);
}

async function take(file) {
  if (!file) return;
  say(`Sending ${(file.size / 1e6).toFixed(1)} MB …`);
  try {
    const procedure = await upload(file, { spacing_mm: at("spacing").value.trim(), region: at("region").value.trim() });
    say("");
    if (location.hash === `#${procedure.id}`) await openNamed();
    else location.hash = procedure.id;
  } catch (error) {
    say(error.message);
  } finally {
    at("file").value = ""; // the same file may be chosen again
  }
}

function listenForFiles() {
  const drop = at("drop");
  at("file").addEventListener("change", () => take(at("file").files[0]));
  at("upload").addEventListener("submit", (event) => event.preventDefault());
  for (const type of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", type === "dragover");
      if (type === "drop") take(event.dataTransfer.files[0]);
    });
  }
}

function listenForKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input[type=text]") || !player.procedure) return;
    const keys = {
      o: () => at("show-overlay").click(),
      " ": () => player.toggle(),
      ArrowLeft: () => player.seek(player.wanted - 1),
      ArrowRight: () => player.seek(player.wanted + 1),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}

listenForFiles();
listenForKeys();
window.addEventListener("hashchange", openNamed);
showList().catch((error) => say(error.message));
openNamed();
