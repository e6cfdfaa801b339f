import { writeFile } from 'node:fs/promises';
import { generatedPages } from './pages.ts';

for (const { file, text } of await generatedPages()) await writeFile(file, text);
