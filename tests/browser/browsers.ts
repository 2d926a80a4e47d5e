/** Browsers beside Chromium, and where they are. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';
import { type CellPage, findBrowser, launchArguments } from './site.ts';

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

/** What starts the browser, where it is not started as it is. */
type Wrap = (program: string) => string;
const asIs: Wrap = (program) => program;

export function launchChromium(wrap = asIs): Promise<Browser> {
  return puppeteer.launch({ executablePath: wrap(findBrowser()), args: launchArguments });
}

/** Driven by WebDriver BiDi. */
export function launchFirefox(wrap = asIs): Promise<Browser> {
  return puppeteer.launch({
    browser: 'firefox', executablePath: wrap(firefox ?? ''),
    extraPrefsFirefox: {
      // Requests of its own, which are not the page's.
      'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false, 'datareporting.policy.dataSubmissionEnabled': false,
      // As it comes: puppeteer forbids it to connect ahead of need.
      'network.http.speculative-parallel-limit': 20,
      // It asks a person before it sends a form from this computer to another; a person may say yes.
      'security.warn_submit_secure_to_insecure': false,
      // It asks the system's resolver.
      'network.trr.mode': 5,
    },
  });
}

/** What the page hands to the browser to be saved, where a test cannot say into which folder. */
export async function exportedText(page: CellPage): Promise<string> {
  await page.page.evaluate(() => {
    const made = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob: Blob | MediaSource) => {
      Object.assign(window, { saved: (blob as Blob).text() });
      return made(blob);
    };
  });
  await page.openExports();
  await page.press('export-use-here');
  await page.press('export-json');
  await page.page.waitForFunction(() => 'saved' in window);
  return page.page.evaluate(() => (window as unknown as { saved: Promise<string> }).saved);
}
