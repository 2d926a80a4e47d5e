/** What a review shows; its code comes when one begins. */
import { lazily } from '../../parts/lazily.tsx';

export const ReviewBar = lazily(async () => (await import('./review_bar.tsx')).ReviewBar);
export const SelectionBar = lazily(async () => (await import('./selection_bar.tsx')).SelectionBar);
export const ReviewOfCell = lazily(async () => (await import('./answers.tsx')).ReviewOfCell);
