const charsPerLine = 90;
const imageWidth = 256;

/** A PDF with these texts, a page each, and a grey picture on each page so large that the whole has about so many bytes. */
export function illustratedPdf(pages: readonly string[], bytes: number): Buffer {
  const rows = Math.max(1, Math.floor(bytes / pages.length / imageWidth));
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n')];
  const places: number[] = [];
  let length = parts[0]?.length ?? 0;
  const add = (head: string, stream: Buffer | null = null): void => {
    const open = stream === null ? head : `${head.slice(0, -2)} /Length ${stream.length} >>\nstream\n`;
    const close = stream === null ? '\nendobj\n' : '\nendstream\nendobj\n';
    places.push(length);
    for (const part of [Buffer.from(`${places.length} 0 obj\n${open}`), stream, Buffer.from(close)]) {
      if (part === null) continue;
      parts.push(part);
      length += part.length;
    }
  };
  add('<< /Type /Catalog /Pages 2 0 R >>');
  add(
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_page, index) => `${4 + index * 3} 0 R`).join(' ')}] >>`,
  );
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  pages.forEach((page, index) => {
    const [content, image] = [5 + index * 3, 6 + index * 3];
    const resources = `<< /Font << /F1 3 0 R >> /XObject << /I1 ${image} 0 R >> >>`;
    const sizes = `/MediaBox [0 0 595 842] /Contents ${content} 0 R /Resources ${resources}`;
    add(`<< /Type /Page /Parent 2 0 R ${sizes} >>`);
    add('<< >>', Buffer.from(`q 60 0 0 60 40 20 cm /I1 Do Q BT /F1 9 Tf 11 TL 40 800 Td ${linesOf(page)} ET`));
    const kind = `/Width ${imageWidth} /Height ${rows} /ColorSpace /DeviceGray /BitsPerComponent 8`;
    add(`<< /Type /XObject /Subtype /Image ${kind} >>`, Buffer.alloc(rows * imageWidth, index % 251));
  });
  const table = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  const trailer = `trailer\n<< /Size ${places.length + 1} /Root 1 0 R >>\nstartxref\n${length}\n%%EOF\n`;
  return Buffer.concat([
    ...parts,
    Buffer.from(`xref\n0 ${places.length + 1}\n0000000000 65535 f \n${table}${trailer}`),
  ]);
}

function linesOf(page: string): string {
  const lines = page.match(new RegExp(`.{1,${charsPerLine}}(?: |$)`, 'g')) ?? [];
  return lines.map((line) => `(${line}) Tj T*`).join(' ');
}
