/** The open project as a file, and a file as a project. */
import { type Project, projectFileName, readProject, writeProject } from '../../src/js/index.ts';
import { nameOf } from './found_files.ts';
import { frameAsKept } from './frame_store.ts';
import { allImages, type CellImage, recordsAsKept, sizeOf } from './images.ts';
import { table } from './label_table.ts';
import { messageOf, notice } from './notice.ts';
import { openIfShown } from './opening.ts';
import { headNow } from './project_rows.ts';
import { keepAsNew, project, write } from './projects.ts';
import { allReviews } from './review_store.ts';
import { saveBlob } from './save_file.ts';
import { teachingAsKept } from './teaching.ts';
import { words } from './words.ts';

/** Saves the open project. Raises: what reading an image raises. */
export async function saveProject(withImages: boolean, onProgress: (done: number, total: number) => void): Promise<void> {
  await write();
  const head = headNow(project.value ?? { id: '', name: words.project.unnamed, createdAtMs: Date.now() });
  const images = allImages();
  const all: Project = {
    head, images: images.map((image) => ({ path: image.path, intended: image.intended, sizeBytes: sizeOf(image), sha256: image.away?.sha256 ?? null })),
    records: [...recordsAsKept()], frames: images.map((_, i) => frameAsKept(i)), reviews: { cells: [...allReviews('cells')], fields: [...allReviews('fields')] }, labels: table.value, teaching: teachingAsKept(),
  };
  saveBlob(await writeProject(all, { fileOf: (position) => (withImages ? (images[position]?.file ?? null) : null), onProgress }), projectFileName(head));
}

/** Opens a project file in place of what is on the page; what is wrong with it is said in one line, and nothing of it is taken. Args: anyway: also without its model. */
export async function openProjectFile(file: File, anyway = false): Promise<void> {
  try {
    const { fileOf, head, images, records, frames, reviews, labels = null, teaching = null } = await readProject(file);
    const here = await Promise.all(images.map(async ({ path, intended, sizeBytes, sha256 }, i): Promise<CellImage> => {
      const bytes = await fileOf(i);
      return bytes ? { file: new File([bytes], nameOf(path)), path, intended } : { file: null, path, intended, away: { sizeBytes, sha256 } };
    }));
    const isShown = openIfShown({ head, images: here, records: records.map((one) => one ?? undefined), frames: frames.map((one) => one ?? undefined), reviews, steps: { steps: [], first: 0, place: 0 }, labels, teaching }, anyway, () => void openProjectFile(file, true));
    if (isShown) keepAsNew(head.name);
  } catch (error) {
    notice.value = { words: `${file.name}: ${messageOf(error)}` };
  }
}
