/** To tell what a page itself takes. */
import { serve } from './serve.ts';

serve(1, () => Promise.resolve((batch) => Promise.resolve(batch.map(() => ''))));
