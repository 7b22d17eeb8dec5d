// Frame of all views: header, keys that work everywhere, and which view an address shows.

import { LocationProvider, ErrorBoundary, Route, Router, useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { Badge } from "./access/badge";
import { Guard } from "./access/guard";
import { Connection } from "./parts/connection";
import { KeyList } from "./parts/key_list";
import { useKeys } from "./parts/keys";
import { part } from "./parts/part";
import { Failed, NotFound } from "./parts/states";
import { useTheme, type Theme } from "./parts/theme";
import { useTitle } from "./parts/title";
import { text } from "./strings";
import { BlindedBanner, telling, useAskedSitting } from "./review/blinded";
import { List } from "./views/list";

const Detail = part(() => import("./views/detail").then((module) => module.Detail));
const Live = telling(part(() => import("./views/live").then((module) => module.Live)));
const Compare = telling(part(() => import("./compare/view").then((module) => module.Compare)));
const Record = telling(part(() => import("./record/record").then((module) => module.Record)));
const Archive = telling(part(() => import("./archive/archive").then((module) => module.Archive)));
const TryApi = telling(part(() => import("./try_api/try_api").then((module) => module.TryApi)));
const OURS = /^\/($|\?|live|compare|archive|try|procedures)/;

export function App() {
  return <LocationProvider scope={OURS}><Shell /></LocationProvider>;
}

function Shell() {
  const [keys, setKeys] = useState(false);
  const [theme, turn] = useTheme();
  const [broken, setBroken] = useState<Error | null>(null);
  const { path, route } = useLocation();
  useTitle(path);
  useAskedSitting();
  useKeys({ "?": () => setKeys(true), g: () => route("/"), l: () => route("/live"), d: turn });
  return (
    <>
      <a class="skip" href="#content">{text.skip}</a>
      <Header theme={theme} turn={turn} onKeys={() => setKeys(true)} />
      <Connection />
      <BlindedBanner />
      <main id="content" tabIndex={-1}>
        {broken === null ? null : <Failed error={broken} again={() => location.reload()} />}
        <ErrorBoundary onError={setBroken}>
          <Guard><Router>
            <Route path="/" component={List} />
            <Route path="/procedures/:id" component={Detail} theme={theme} />
            <Route path="/procedures/:id/record" component={Record} />
            <Route path="/archive" component={Archive} />
            <Route path="/try" component={TryApi} />
            <Route path="/compare" component={Compare} />
            <Route path="/live" component={Live} />
            <Route default component={NotFound} />
          </Router></Guard>
        </ErrorBoundary>
      </main>
      <KeyList open={keys} onClose={() => setKeys(false)} />
    </>
  );
}

function Header({ theme, turn, onKeys }: { theme: Theme; turn: () => void; onKeys: () => void }) {
  const { path } = useLocation();
  const at = (here: boolean) => (here ? { "aria-current": "page" as const } : {});
  return (
    <header>
      <h1><a href="/">{text.name}</a></h1>
      <nav aria-label={text.nav.main}>
        <a href="/" {...at(path === "/" || path.startsWith("/procedures"))}>{text.nav.procedures}</a>
        <a href="/live" {...at(path === "/live")}>{text.nav.live}</a>
        <a href="/archive" {...at(path === "/archive")}>{text.nav.archive}</a>
        <a href="/try" {...at(path === "/try")}>{text.nav.api}</a>
      </nav>
      <div class="tools">
        <Badge />
        <button type="button" onClick={turn} aria-label={`${text.theme.change} ${theme === "dark" ? text.theme.light : text.theme.dark}`}>
          {theme === "dark" ? text.theme.light : text.theme.dark}
        </button>
        <button type="button" onClick={onKeys} aria-keyshortcuts="?">{text.nav.keys} <kbd>?</kbd></button>
      </div>
    </header>
  );
}
