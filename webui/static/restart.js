// Asks for the restart, and looks for the box until it was away and is back; then the page “System” tells how it went.
const form = document.getElementById("restart");
const state = document.getElementById("restart-state");
const bar = document.getElementById("restart-bar");
const later = document.getElementById("restart-later");
const LOOK_AGAIN = 2000, ANSWER_WITHIN = 5000, LONGEST_STILL_THERE = 90000, LONGEST_AWAY = 600000;
let began = 0, wasAway = false;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  form.hidden = true;
  later.hidden = true;
  bar.hidden = false;
  tell("The box is being restarted …");
  try {
    const answer = await fetch("/api/updates/restart", { method: "POST" });
    if (!answer.ok) {
      stop(sentence(await answer.text()));
      return;
    }
  } catch {
    // It was gone before it could answer.
  }
  began = Date.now();
  setTimeout(look, LOOK_AGAIN);
});

async function look() {
  const isThere = await answers();
  const since = Date.now() - began;
  if (isThere && (wasAway || since > LONGEST_STILL_THERE)) {
    window.location.assign("/system");
    return;
  }
  if (!isThere && !wasAway) {
    wasAway = true;
    tell("The box is starting. This page goes on by itself …");
  }
  if (since > LONGEST_AWAY) {
    tell("The box has not come back yet. Look at its screen; this page goes on once it is there.");
  }
  setTimeout(look, LOOK_AGAIN);
}

async function answers() {
  try {
    const health = await fetch("/api/health", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_WITHIN) });
    return health.ok;
  } catch {
    return false;
  }
}

function tell(words) {
  state.className = "muted";
  state.textContent = words;
}

function stop(words) {
  state.className = "notice notice-alarm";
  state.textContent = words;
  bar.hidden = true;
  form.hidden = false;
  later.hidden = false;
}

function sentence(answer) {
  try {
    return JSON.parse(answer).error.message;
  } catch {
    return "The box could not be restarted. Try again.";
  }
}
