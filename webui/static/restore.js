// Sends a backup to the box that nobody has claimed, with its progress, and waits until the box has started anew.
const form = document.getElementById("restore");
const state = document.getElementById("restore-state");
const bar = document.getElementById("restore-progress");
const button = form.querySelector("button");

const file = document.getElementById("backup");
const found = document.getElementById("found");

// Backups on disks that are plugged into the box; each option's value says where it lies.
document.getElementById("look").addEventListener("click", async () => {
  state.className = "muted";
  state.textContent = "Looking at the disks in the box …";
  const answer = await asked("/api/restore/disks", {});
  if (answer.status !== 200) {
    stop(sentence(answer.words));
    return;
  }
  const backups = JSON.parse(answer.words).backups;
  found.replaceChildren(...backups.map((one) => {
    const megabytes = Math.max(1, Math.round(one.size_bytes / 1e6));
    return new Option(one.path + " on " + one.disk + ", " + megabytes + " MB", JSON.stringify({ disk_id: one.disk_id, path: one.path }));
  }));
  document.getElementById("on-disk").hidden = backups.length === 0;
  file.required = backups.length === 0;
  state.textContent = backups.length === 0
    ? "No disk in the box has a backup on it. Plug it in, wait a few seconds, and look again."
    : "Choose the backup, and type its passphrase.";
});

function headers() {
  return {
    "X-Hearth-Setup-Code": encodeURIComponent(document.getElementById("code").value),
    "X-Hearth-Passphrase": encodeURIComponent(document.getElementById("passphrase").value),
  };
}

async function asked(address, content) {
  const told = { ...headers(), "Content-Type": "application/json" };
  try {
    const answer = await fetch(address, { method: "POST", headers: told, body: JSON.stringify(content) });
    return { status: answer.status, words: await answer.text() };
  } catch {
    return { status: 0, words: "" };
  }
}

async function restoreFromDisk() {
  button.disabled = true;
  state.className = "muted";
  state.textContent = "Reading the disk and checking every byte …";
  const answer = await asked("/api/restore/from-disk", JSON.parse(found.value));
  if (answer.status === 200) {
    restored(answer.words);
  } else {
    stop(sentence(answer.words));
  }
}

function restored(words) {
  const about = JSON.parse(words);
  const missing = about.missing_models.length === 0 ? "" : " Not on this box: the model " + about.missing_models.join(", ")
    + ". The page “Models” fetches it again.";
  state.textContent = about.people + " people and " + about.documents + " files are back." + missing + " The box starts anew …";
  setTimeout(waitUntilClaimed, 2000);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!file.files.length && found.value) {
    restoreFromDisk();
    return;
  }
  const request = new XMLHttpRequest();
  request.open("PUT", "/api/restore");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  for (const [name, value] of Object.entries(headers())) {
    request.setRequestHeader(name, value);
  }
  button.disabled = true;
  bar.hidden = false;
  state.className = "muted";
  request.upload.onprogress = (sent) => {
    bar.value = sent.lengthComputable ? sent.loaded / sent.total : 0;
    state.textContent = Math.round(bar.value * 100) + " % sent";
  };
  request.upload.onload = () => { state.textContent = "Checking every byte …"; };
  request.onload = () => {
    if (request.status === 200) {
      restored(request.responseText);
    } else {
      stop(sentence(request.responseText));
    }
  };
  request.onerror = () => stop("The connection broke off, so nothing was changed. Check that the box is on, and try again.");
  request.send(file.files[0]);
});

function stop(words) {
  state.textContent = words;
  state.className = "notice notice-alarm";
  bar.hidden = true;
  button.disabled = false;
}

function sentence(answer) {
  try {
    return JSON.parse(answer).error.message;
  } catch {
    return "The box refused this backup. Try again.";
  }
}

async function waitUntilClaimed() {
  try {
    const health = await (await fetch("/api/health")).json();
    if (health.claimed) {
      window.location.assign("/login");
      return;
    }
  } catch {
    // It is between its end and its start.
  }
  setTimeout(waitUntilClaimed, 1000);
}
