// The OpenAPI document as a page to read and ask from: Swagger UI, from own files.

import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";

// Dark where the other views are: unless somebody chose light.
document.documentElement.classList.toggle("dark-mode", localStorage.getItem("sonoplace-theme") !== "light");

// No validator, which would be another host's; no word of it in the address bar either.
SwaggerUI({ url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null, defaultModelsExpandDepth: 0, tryItOutEnabled: true });
