// A view that is loaded when it is first shown. After an update of the service its file may be another: then the page
// has to be loaded anew, and says so.

import type { ComponentType } from "preact";
import { lazy } from "preact-iso";
import { NotLoaded } from "./states";

export function part<P>(load: () => Promise<ComponentType<P>>) {
  return lazy(() => load().catch((): ComponentType<P> => NotLoaded));
}
