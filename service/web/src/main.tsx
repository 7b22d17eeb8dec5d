import { render } from "preact";
import { App } from "./app";
import "./style.css";
import "./views.css";
import "./access/access.css";
import "./live.css";

const place = document.getElementById("page");
if (place !== null) render(<App />, place);
