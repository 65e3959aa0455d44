// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Meridian authors
import { render } from "preact";
import { html } from "./parts.js";
import { Page } from "./page.js";
import { clean, read } from "./text.js";

const extra = read("extra-json");
const page = { ...read("data-json"), ...extra };

page.name = (c) => (Object.hasOwn(extra.countries, c) ? extra.countries[c] : clean(c || "unknown"));
page.profiles = document.getElementById("profiles");
page.profiles?.remove();
const root = document.getElementById("page");
root.textContent = "";
render(html`<${Page} page=${page} />`, root);
root.dataset.ready = "yes";
// The page is made only now: go to where its address points.
if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();
