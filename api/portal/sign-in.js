// Signing in: by name and password, or with a link to choose the password first.

import { byId } from "./dom.js";
import { redeemLink, signIn } from "./service.js";

// The token is behind the `#`, which never leaves the browser by itself.
const link = location.hash.slice(1);
const password = byId("password");
// A link that is opened where this page is shown already.
addEventListener("hashchange", () => location.reload());

if (link) {
  history.replaceState(null, "", location.pathname);
  byId("user-row").remove();
  for (const id of ["door-intro", "password-hint"]) byId(id).hidden = false;
  password.autocomplete = "new-password";
  password.minLength = 12;
  byId("enter").textContent = "Save and sign in";
}
(link ? password : byId("user")).focus();

byId("door").addEventListener("submit", async (event) => {
  event.preventDefault();
  const trouble = byId("trouble");
  trouble.hidden = true;
  byId("enter").disabled = true;
  try {
    await (link ? redeemLink(link, password.value) : signIn(byId("user").value.trim(), password.value));
    location.replace("./");
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
    password.select();
  } finally {
    byId("enter").disabled = false;
  }
});
