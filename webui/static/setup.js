// Fills in the set-up code from the fragment of the QR code's address (…/setup#ABCD-2345). A fragment never leaves
// the browser by itself, and it is taken out of the address at once.
const code = document.getElementById("code");
const scanned = decodeURIComponent(window.location.hash.slice(1)).trim();
if (/^[A-Za-z0-9-]{4,32}$/.test(scanned)) {
  if (!code.value) {
    code.value = scanned.toUpperCase();
    document.getElementById("name").focus();
  }
  history.replaceState(null, "", window.location.pathname);
}
