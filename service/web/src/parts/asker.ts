// Code of who uses the page, kept by this browser: what they add bears it in the chain.

const KEY = "sonoplace-asker";
const CODE = /^[A-Z_-]*[0-9][A-Z0-9_-]{0,31}$/;

export function askerCode(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return ""; // no storage here
  }
}

export function keepAskerCode(code: string): void {
  try {
    if (code === "") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, code);
  } catch {
    // kept for this form only
  }
}

// Header that names them; none where what was kept is no code.
export function asker(code = askerCode()): Readonly<Record<string, string>> {
  return CODE.test(code) ? { "SonoPlace-Asked-By": code } : {};
}
