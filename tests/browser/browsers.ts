/** Browsers beside Chromium, and where they are. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';
import { findBrowser, launchArguments } from './site.ts';

/** Undefined where it is on no path. */
export function findProgram(...names: string[]): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export const firefox = findProgram('firefox-esr', 'firefox');

export function launchChromium(): Promise<Browser> {
  return puppeteer.launch({ executablePath: findBrowser(), args: launchArguments });
}

/** Driven by WebDriver BiDi. */
export function launchFirefox(): Promise<Browser> {
  return puppeteer.launch({
    browser: 'firefox', executablePath: firefox ?? '',
    // Requests of its own, which are not the page's.
    extraPrefsFirefox: { 'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false, 'datareporting.policy.dataSubmissionEnabled': false },
  });
}
