// A drawing's strokes as 28x28 pixels, and a run's network on them: what the server does with LiteRT
// and OpenCV, quick enough for every frame. Nothing here knows of a page.

const SIDE = 28;
const BOX = 20; // the box that a digit fills, as in ink/finishing.py; so are the two below
const PEN = 2.2;
const FINE = 12; // a digit is drawn on a grid this many times finer
const STRAY = 0.06; // of the whole drawing: a smaller stroke is a slip of the pen, as in ink/strokes.py
const RADIUS = 13; // fine pixels: half the pen
const OUTLINE = 0.5;
const LEAST = 0.75; // fine pixels between points
const CURVE_STEPS = 4;
const POWERS = Float64Array.from({ length: 32 }, (_, power) => 2 ** (power - 25));

// --- strokes ---------------------------------------------------------------------------------

/**
 * Smooth what a pen went through as the canvas does: curves from middle to middle.
 * @param {number[][]} points [x, y] each
 * @returns {number[][]} the points of a polyline
 */
export function smooth(points) {
  const line = [points[0]];
  let [start] = points;
  for (let i = 0; i + 1 < points.length; i++) {
    const [bend, next] = [points[i], points[i + 1]];
    if (bend[0] === next[0] && bend[1] === next[1]) continue;
    const end = [(bend[0] + next[0]) / 2, (bend[1] + next[1]) / 2];
    for (let step = 1; step <= CURVE_STEPS; step++) {
      const t = step / CURVE_STEPS;
      const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
      line.push([a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]]);
    }
    start = end;
  }
  line.push(points[points.length - 1]);
  return line;
}

/**
 * Draw strokes in MNIST's box with MNIST's pen, centred by mass, as `ink.from_strokes` does.
 * @param {number[][][]} strokes polylines of [x, y], y pointing down
 * @returns {?Uint8Array} 28 x 28, ink bright; null where nothing is drawn
 */
export function prepare(strokes) {
  const lines = withoutSlips(strokes);
  if (!lines.length) return null;
  const { low, high } = bounds(lines.flat());
  const side = span(lines.flat());
  const scale = side > 0 ? (BOX - PEN) / side : 0;
  const extent = [0, 1].map((axis) => (high[axis] - low[axis]) * scale + PEN);
  const [width, height] = extent.map((length) => Math.ceil(length - 1e-6));
  const corner = [width, height].map((size, axis) => (size - extent[axis] + PEN) / 2);
  const sheet = new Uint8Array(width * FINE * height * FINE);
  const placed = ([x, y]) => [
    ((x - low[0]) * scale + corner[0]) * FINE - 0.5,
    ((y - low[1]) * scale + corner[1]) * FINE - 0.5,
  ];
  for (const line of lines) drawLine(sheet, width * FINE, height * FINE, line.map(placed));
  return centre(shrink(sheet, width, height), width, height);
}

/**
 * Measure the longer side of the box around points.
 * @param {number[][]} points [x, y] each
 */
export function span(points) {
  const { low, high } = bounds(points);
  return Math.max(high[0] - low[0], high[1] - low[1]);
}

function withoutSlips(strokes) {
  const spans = strokes.map(span);
  const largest = Math.max(0, ...spans);
  return strokes.filter((stroke, i) => stroke.length && spans[i] >= STRAY * largest);
}

function bounds(points) {
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  for (const point of points) {
    for (const axis of [0, 1]) {
      low[axis] = Math.min(low[axis], point[axis]);
      high[axis] = Math.max(high[axis], point[axis]);
    }
  }
  return { low, high };
}

// As OpenCV draws a line with a thick pen: a strip with its outline between two discs, whose middles
// are whole pixels.
function drawLine(sheet, width, height, points) {
  let last = null;
  for (const point of points) {
    // Of many points in one place a thousandth of the work shows.
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < LEAST) continue;
    if (last) drawStrip(sheet, width, height, last, point);
    drawDisc(sheet, width, height, Math.floor(point[0] + 0.5), Math.floor(point[1] + 0.5));
    last = point;
  }
}

function drawDisc(sheet, width, height, x, y) {
  for (let down = Math.max(-RADIUS, -y); down <= Math.min(RADIUS, height - 1 - y); down++) {
    const half = Math.floor(Math.sqrt(RADIUS * RADIUS - down * down));
    const row = (y + down) * width;
    sheet.fill(255, row + Math.max(0, x - half), row + Math.min(width, x + half + 1));
  }
}

function drawStrip(sheet, width, height, [x0, y0], [x1, y1]) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  const [dx, dy] = [(x1 - x0) / length, (y1 - y0) / length];
  const reach = RADIUS + OUTLINE;
  const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
  const bottom = Math.min(height - 1, Math.floor(Math.max(y0, y1) + reach));
  const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
  const right = Math.min(width - 1, Math.floor(Math.max(x0, x1) + reach));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = (x - x0) * dx + (y - y0) * dy;
      const across = (x - x0) * dy - (y - y0) * dx;
      const inside = along >= -OUTLINE && along <= length + OUTLINE;
      if (inside && across <= reach && across >= -reach) sheet[y * width + x] = 255;
    }
  }
}

function shrink(sheet, width, height) {
  const small = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let down = 0; down < FINE; down++) {
        const start = (y * FINE + down) * width * FINE + x * FINE;
        for (let i = start; i < start + FINE; i++) sum += sheet[i];
      }
      small[y * width + x] = Math.round(sum / (FINE * FINE));
    }
  }
  return small;
}

// The centre of mass comes to pixel 14, by parts of a pixel too, as in `finishing.centre`.
function centre(small, width, height) {
  let [mass, right, down] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ink = small[y * width + x];
      mass += ink;
      right += ink * x;
      down += ink * y;
    }
  }
  const shift = (moment, length) =>
    Math.min(Math.max(SIDE / 2 - moment / Math.max(mass, 1), 0), SIDE - length);
  const [sx, sy] = [shift(right, width), shift(down, height)];
  const at = (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : small[y * width + x]);
  const image = new Uint8Array(SIDE * SIDE);
  const [x0, y0] = [Math.ceil(sx), Math.ceil(sy)];
  const [a, b] = [x0 - sx, y0 - sy]; // of a pixel, between the one read and the next
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [u, v] = [x - x0, y - y0];
      const above = (1 - a) * at(u, v) + a * at(u + 1, v);
      const below = (1 - a) * at(u, v + 1) + a * at(u + 1, v + 1);
      image[y * SIDE + x] = Math.round((1 - b) * above + b * below);
    }
  }
  return image;
}

// --- the network -----------------------------------------------------------------------------

/**
 * Read a network that `browser_net.export` wrote.
 * @param {ArrayBuffer} file
 * @returns {{classes: number, probs: function(Uint8Array): Float32Array}}
 * @throws where the file is not one, or shorter than it says
 */
export function network(file) {
  const length = new DataView(file).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, length)));
  const body = 4 + length;
  const layers = head.layers.map((layer) => ({
    ...layer,
    ...Object.fromEntries(layer.arrays.map(([name, ...where]) => [name, numbers(file, body, where)])),
  }));
  const input = start(head);
  const steps = [];
  let shape = [head.side, head.side, 1];
  for (const layer of layers) {
    const step = STEPS[layer.kind](layer, shape);
    steps.push(step.run);
    shape = step.shape;
  }
  const probs = (image) => steps.reduce((cells, run) => run(cells), input(image));
  return { classes: shape[0], probs };
}

// Half precision, little-endian, is what weights are sent in: half the bytes, the same answers.
function numbers(file, body, [place, count, bits]) {
  const start = body + place;
  if (start + (count * bits) / 8 > file.byteLength) throw new RangeError("The network's file is cut.");
  if (bits === 32) return new Float32Array(file.slice(start, start + 4 * count));
  const halves = new Uint16Array(file.slice(start, start + 2 * count));
  const found = new Float32Array(count);
  for (let i = 0; i < count; i++) found[i] = whole(halves[i]);
  return found;
}

function whole(half) {
  const power = (half >> 10) & 31;
  const part = half & 1023;
  const size = power ? POWERS[power] * (1024 + part) : POWERS[1] * part;
  return half >> 15 ? -size : size;
}

// The image in the model's scale, in the middle of as much empty ground as was asked for.
function start({ side, scale, offset }) {
  const cells = new Float32Array(side * side);
  const margin = (side - SIDE) / 2;
  return (image) => {
    cells.fill(offset);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        cells[(y + margin) * side + x + margin] = image[y * SIDE + x] * scale + offset;
      }
    }
    return cells;
  };
}

// Each makes a step for one shape of input: the shape it gives, and what it does to the cells, in
// the order rows, columns, channels.
const STEPS = {
  pad: ({ size }, shape) => margins(shape, size, size),
  conv: convolution,
  pool: (layer, shape) => pooling(layer, shape, true),
  avg: (layer, shape) => pooling(layer, shape, false),
  bn: normalisation,
  gap: globalAverage,
  flatten: (_, shape) => ({ shape: [shape.reduce((a, b) => a * b)], run: (cells) => cells }),
  dense: (layer, shape) => dense(layer, shape, relu),
  softmax: (layer, shape) => dense(layer, shape, softmax),
};

function margins([height, width, channels], before, after) {
  const shape = [height + before + after, width + before + after, channels];
  const padded = new Float32Array(shape[0] * shape[1] * channels);
  const run = (cells) => {
    padded.fill(0); // what comes next may change its input
    for (let y = 0; y < height; y++) {
      const row = cells.subarray(y * width * channels, (y + 1) * width * channels);
      padded.set(row, ((y + before) * shape[1] + before) * channels);
    }
    return padded;
  };
  return { shape, run };
}

function convolution({ size, kernel, stride, same, weights, bias }, shape) {
  let frame = { shape, run: (cells) => cells };
  if (same) {
    const side = Math.ceil(shape[0] / stride);
    const missing = Math.max((side - 1) * stride + kernel - shape[0], 0);
    frame = margins(shape, missing >> 1, missing - (missing >> 1));
  }
  const [height, width, channels] = frame.shape;
  const rows = Math.floor((height - kernel) / stride) + 1;
  const columns = Math.floor((width - kernel) / stride) + 1;
  const found = new Float32Array(rows * columns * size);
  const strip = kernel * channels; // cells that lie side by side under a row of the kernel
  const run = (cells) => {
    const padded = frame.run(cells);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const from = (y * stride * width + x * stride) * channels;
        products(padded, from, width * channels, kernel, strip, weights, bias, found, (y * columns + x) * size);
      }
    }
    return relu(found);
  };
  return { shape: [rows, columns, size], run };
}

// Sums of products of some strips of cells with each unit's own weights, four units at a time: a
// cell is then read once for all four, and their sums stay in registers.
function products(cells, from, apart, strips, strip, weights, bias, found, to) {
  const units = bias.length;
  const length = strips * strip;
  let unit = 0;
  for (; unit + 3 < units; unit += 4) {
    let w0 = unit * length;
    let [w1, w2, w3] = [w0 + length, w0 + 2 * length, w0 + 3 * length];
    let [s0, s1, s2, s3] = [bias[unit], bias[unit + 1], bias[unit + 2], bias[unit + 3]];
    for (let row = 0; row < strips; row++) {
      const start = from + row * apart;
      for (let i = start; i < start + strip; i++) {
        const cell = cells[i];
        s0 += cell * weights[w0++];
        s1 += cell * weights[w1++];
        s2 += cell * weights[w2++];
        s3 += cell * weights[w3++];
      }
    }
    found[to + unit] = s0;
    found[to + unit + 1] = s1;
    found[to + unit + 2] = s2;
    found[to + unit + 3] = s3;
  }
  for (; unit < units; unit++) {
    let sum = bias[unit];
    let w = unit * length;
    for (let row = 0; row < strips; row++) {
      const start = from + row * apart;
      for (let i = start; i < start + strip; i++) sum += cells[i] * weights[w++];
    }
    found[to + unit] = sum;
  }
}

function relu(cells) {
  for (let i = 0; i < cells.length; i++) if (cells[i] < 0) cells[i] = 0;
  return cells;
}

function pooling({ size }, [height, width, channels], largest) {
  const [rows, columns] = [Math.floor(height / size), Math.floor(width / size)];
  const found = new Float32Array(rows * columns * channels);
  const run = (cells) => {
    found.fill(largest ? -Infinity : 0);
    for (let y = 0; y < rows * size; y++) {
      for (let x = 0; x < columns * size; x++) {
        const from = (y * width + x) * channels;
        const to = (Math.floor(y / size) * columns + Math.floor(x / size)) * channels;
        for (let c = 0; c < channels; c++) {
          const cell = cells[from + c];
          if (!largest) found[to + c] += cell / (size * size);
          else if (cell > found[to + c]) found[to + c] = cell;
        }
      }
    }
    return found;
  };
  return { shape: [rows, columns, channels], run };
}

function normalisation({ weights, bias }, shape) {
  const channels = weights.length;
  const run = (cells) => {
    for (let i = 0; i < cells.length; i += channels) {
      for (let c = 0; c < channels; c++) cells[i + c] = cells[i + c] * weights[c] + bias[c];
    }
    return cells;
  };
  return { shape, run };
}

function globalAverage(_, [height, width, channels]) {
  const found = new Float32Array(channels);
  const run = (cells) => {
    found.fill(0);
    for (let i = 0; i < cells.length; i++) found[i % channels] += cells[i] / (height * width);
    return found;
  };
  return { shape: [channels], run };
}

function dense({ size, weights, bias }, [length], finish) {
  const found = new Float32Array(size);
  const run = (cells) => {
    products(cells, 0, 0, 1, length, weights, bias, found, 0);
    return finish(found);
  };
  return { shape: [size], run };
}

function softmax(cells) {
  const largest = cells.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let i = 0; i < cells.length; i++) sum += cells[i] = Math.exp(cells[i] - largest);
  for (let i = 0; i < cells.length; i++) cells[i] /= sum;
  return cells;
}
