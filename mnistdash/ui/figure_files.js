// A figure as files: all of them are made here, of what was sent with the open box.

const SCALE = 2; // of the picture: sharp on paper and on fine screens
const SVG = "image/svg+xml";

export default function figureFiles({ data: [shown], parentElement }) {
  const [svg, png, csv] = parentElement.querySelectorAll("button");
  const trouble = parentElement.querySelector("p");
  svg.onclick = () => save(new Blob([shown.svg], { type: SVG }), `${shown.name}.svg`);
  png.onclick = () =>
    painted(shown.svg).then(
      (blob) => save(blob, `${shown.name}.png`),
      () => (trouble.hidden = false),
    );
  csv.onclick = () => save(new Blob([shown.csv], { type: "text/csv" }), `${shown.name}.csv`);
  csv.hidden = shown.csv === null;
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // a browser may still be reading it
}

async function painted(svg) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svg], { type: SVG }));
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [SCALE * image.naturalWidth, SCALE * image.naturalHeight];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed())));
}
