/** `npm run generate`: writes `src/api/schema.ts` and `test/parts.json`. */
import { writeFileSync } from 'node:fs';
import { generate, generateParts, partsFile, schemaFile } from './generate.ts';

writeFileSync(schemaFile, generate());
writeFileSync(partsFile, generateParts());
