/** `npm run generate`: writes `src/api/schema.ts`. */
import { writeFileSync } from 'node:fs';
import { generate, schemaFile } from './generate.ts';

writeFileSync(schemaFile, generate());
