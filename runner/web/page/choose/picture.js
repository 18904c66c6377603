// A picture made small enough to send: turned as its file says, at most so many pixels a side.

const LONGEST = 2048;
const SMALL_BYTES = 2_000_000; // a file that is small in both ways goes as it is
const TYPES = ["image/jpeg", "image/png", "image/webp"];
const QUALITY = 0.92;

/** The Blob to send. Throws an Error whose message is for people. */
export async function smaller(file) {
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Error(`“${file.name}” cannot be read as a picture here. Take a JPEG, PNG or WebP.`);
  }
  const { width, height } = picture;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  if (scale === 1 && file.size <= SMALL_BYTES && TYPES.includes(file.type)) {
    picture.close();
    return file;
  }
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff"; // JPEG has no transparency
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!made) throw new Error("This browser has no room to scale the picture. Take a smaller one.");
  return made;
}
