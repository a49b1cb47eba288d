// SPDX-License-Identifier: Apache-2.0
// A headless Chromium, spoken to over a pipe (DevTools protocol, one JSON text per NUL).
import { spawn } from 'node:child_process';
import fs from 'node:fs';

export class Chromium {
  constructor() {
    const candidates = [process.env.CHROMIUM, '/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].filter((p) => p && fs.existsSync(p));
    if (!candidates.length) throw new Error('no Chromium: apt-get install chromium-headless-shell (or set CHROMIUM)');
    this.profile = fs.mkdtempSync('/tmp/preview-chromium-');
    this.child = spawn(candidates[0], ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--disable-dev-shm-usage', '--no-first-run',
      '--force-color-profile=srgb', `--user-data-dir=${this.profile}`, '--remote-debugging-pipe', 'about:blank'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.next = 0; this.waiting = new Map(); this.console = [];
    let rest = Buffer.alloc(0);
    this.child.stdio[4].on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) this.take(JSON.parse(rest.subarray(0, end).toString()));
    });
    this.child.on('exit', () => { for (const { reject } of this.waiting.values()) reject(new Error('Chromium ended')); });
  }
  take(message) {
    if (message.method === 'Runtime.consoleAPICalled' && ['error', 'warning'].includes(message.params.type)) {
      this.console.push(message.params.args.map((a) => a.value ?? a.description ?? '').join(' ').slice(0, 300));
    }
    if (message.method === 'Runtime.exceptionThrown') {
      this.console.push(`uncaught: ${message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text}`.slice(0, 600));
    }
    const waiter = this.waiting.get(message.id);
    if (!waiter) return;
    this.waiting.delete(message.id);
    if (message.error) waiter.reject(new Error(message.error.message)); else waiter.resolve(message.result);
  }
  call(method, params = {}, seconds = 120) {
    const id = ++this.next;
    this.child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => { this.waiting.delete(id); reject(new Error(`${method}: no answer in ${seconds} s`)); }, seconds * 1000);
      this.waiting.set(id, { resolve: (v) => { clearTimeout(timer); resolve(v); }, reject: (e) => { clearTimeout(timer); reject(e); } });
    });
  }
  async open(width) {
    const { targetId } = await this.call('Target.createTarget', { url: 'about:blank', width, height: 1000 });
    this.session = (await this.call('Target.attachToTarget', { targetId, flatten: true })).sessionId;
    await this.call('Page.enable');
    await this.call('Runtime.enable');
  }
  async evaluate(expression, seconds) {
    const { result, exceptionDetails } = await this.call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true }, seconds);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
  // PNG, or WebP by the file's name.
  async picture(file, clip) {
    const how = file.endsWith('.webp') ? { format: 'webp', quality: 80 } : { format: 'png' };
    const { data } = await this.call('Page.captureScreenshot', { ...how, clip: { ...clip, scale: 1 }, captureBeyondViewport: true });
    fs.writeFileSync(file, Buffer.from(data, 'base64'));
  }
  async close() {
    const ended = new Promise((resolve) => { this.child.on('exit', resolve); });
    this.session = undefined;
    this.call('Browser.close', {}, 5).catch(() => {});
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
    try { fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }); } catch { /* its children may still write there */ }
  }
}
