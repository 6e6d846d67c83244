// Makes the pictures and the table of lights in docs/panel.md anew: node test/companion/rewritePanelDocument.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { panelDocument, rewritten } from './panelDocument.ts';

writeFileSync(panelDocument, rewritten(readFileSync(panelDocument, 'utf8')));
