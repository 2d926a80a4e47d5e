/** What a person hands over: images to work on, a report among them to check, a project to open, or a model. */
import { projectEnding, researchNote } from '../../src/js/index.ts';
import { addFiles } from '../state/adding.ts';
import { droppedReport } from '../state/asking.ts';
import { bringBack } from '../state/away.ts';
import type { Found } from '../state/found_files.ts';
import { openProjectFile } from '../state/project_file.ts';
import { notice } from '../state/notice.ts';
import { isTeaching } from '../state/teaching.ts';
import { teachFiles } from '../state/teaching_steps.ts';
import { openDialog } from './dialog.tsx';
import { bringsModel } from './model_files.ts';
import { words } from './words.ts';

/** A report is known by how it begins; any other JSON file is one that cannot be read, as before. */
export async function takeFiles(found: Found): Promise<void> {
  const project = found.files.find(({ path }) => path.toLowerCase().endsWith(projectEnding));
  if (project) {
    await openProjectFile(project.file);
    const others = found.files.length + found.documents.length - 1;
    if (others > 0) notice.value ??= { words: words.onlyProject(others) };
    return;
  }
  if (bringsModel(found)) return (await import('./take_models.ts')).takeModel(found);
  const all = [...found.files, ...found.documents];
  const begins = await Promise.all(all.map(async ({ file, path }) => /\.json$/i.test(path) && (await file.slice(0, 200).text().catch(() => '')).includes(researchNote)));
  const report = all.find((_, i) => begins[i])?.file;
  const shown = found.files.filter((_, i) => !begins[i]);
  const images = await bringBack(shown);
  const documents = found.documents.filter((_, i) => !begins[found.files.length + i]);
  const areKnown = shown.length > 0 && images.length === 0;
  if (report === undefined ? !areKnown : images.length + found.unopened.length > 0) (isTeaching.value ? (more: Found) => teachFiles(more, null) : addFiles)({ ...found, files: images, documents });
  if (report === undefined) return;
  droppedReport.value = report;
  openDialog('check');
}
