// Sends a backup to the box that nobody has claimed, with its progress, and waits until the box has started anew.
const form = document.getElementById("restore");
const state = document.getElementById("restore-state");
const bar = document.getElementById("restore-progress");
const button = form.querySelector("button");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.open("PUT", "/api/restore");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("X-Hearth-Setup-Code", encodeURIComponent(document.getElementById("code").value));
  request.setRequestHeader("X-Hearth-Passphrase", encodeURIComponent(document.getElementById("passphrase").value));
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
      const about = JSON.parse(request.responseText);
      state.textContent = about.people + " people and " + about.documents + " files are back. The box starts anew …";
      setTimeout(waitUntilClaimed, 2000);
    } else {
      stop(sentence(request.responseText));
    }
  };
  request.onerror = () => stop("The connection broke off, so nothing was changed. Check that the box is on, and try again.");
  request.send(document.getElementById("backup").files[0]);
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
