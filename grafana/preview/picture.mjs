#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// picture.mjs PAGE.html PICTURE.png WIDTH: draws a local page with a <main>, all of its height; as WebP where the name says so.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Chromium } from './chromium.mjs';

const [page, picture, width] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const chromium = new Chromium();
try {
  await chromium.open(width);
  await chromium.call('Emulation.setDeviceMetricsOverride', { width, height: 400, deviceScaleFactor: 1, mobile: false });
  await chromium.call('Page.navigate', { url: pathToFileURL(path.resolve(page)).href });
  await chromium.evaluate('new Promise((done) => { const poll = () => (document.readyState === "complete" && document.querySelector("main") ? done() : setTimeout(poll, 50)); poll(); })');
  await chromium.picture(picture, { x: 0, y: 0, width, height: await chromium.evaluate('document.documentElement.offsetHeight') });
} finally {
  await chromium.close();
}
