"""The PDF of an invoice and of a credit note, as bytes. The same content always gives the same bytes.

Stands behind ``invoice.invoice_pdf`` and ``credit_note.pdf``. Every page says that it is sandbox data.
"""

from collections.abc import Callable, Sequence
from io import BytesIO

from reportlab.lib.pagesizes import A4, LETTER
from reportlab.pdfgen.canvas import Canvas

from stripe_sandbox.document import Document, Json, Line, Party, Related, credit_note_document, invoice_document
from stripe_sandbox.pdf_text import Style, draw, rgb, width, wrap

MARGIN = 48.0
BODY = Style(9.5)
BODY_BOLD = Style(9.5, bold=True)
SMALL = Style(8.5, colour=0x5B6270)
TITLE = Style(20, bold=True)
HEADLINE = Style(15, bold=True)
LABEL = Style(8.5, colour=0x5B6270)
BRAND = Style(13, bold=True)
INK, MUTED, RULE, ACCENT = 0x16181D, 0x5B6270, 0xD5D9E0, 0x4F46E5
SANDBOX_NOTICE = "Stripe sandbox, test data. This is not a real document and nothing is owed."

Operation = Callable[[Canvas], None]


def invoice_pdf(invoice: Json, related: Related | None = None) -> bytes:
    """The invoice as a PDF. Without ``related`` it shows the lines that the invoice carries, and no rates' names."""
    # A PDF is of its date of issue: whether it is overdue depends on the reader's day, not on the document.
    return _render(invoice_document(invoice, related or Related(), now=0))


def credit_note_pdf(credit_note: Json, invoice: Json, related: Related | None = None) -> bytes:
    """The credit note to ``invoice`` as a PDF."""
    return _render(credit_note_document(credit_note, invoice, related or Related()))


class _Sheets:
    """Pages being filled from the top. What is drawn is kept until the number of pages is known."""

    def __init__(self, size: tuple[float, float]) -> None:
        self.width, self.height = size
        self.left, self.right, self.bottom = MARGIN, self.width - MARGIN, MARGIN + 30
        self.pages: list[list[Operation]] = [[]]
        self.y = self.height - MARGIN

    def text(self, x: float, text: str, style: Style, right: bool = False, up: float = 0) -> None:
        """One line at the present height, or ``up`` points above it."""
        y = self.y + up
        self.pages[-1].append(lambda canvas: draw(canvas, x, y, text, style, right))

    def rule(self, up: float = 0, start: float | None = None, colour: int = RULE) -> None:
        """A thin line across the page, or from ``start`` to its right edge."""
        y, left = self.y + up, self.left if start is None else start
        self.pages[-1].append(lambda canvas: _rule(canvas, left, self.right, y, colour))

    def shape(self, operation: Operation) -> None:
        """Anything else."""
        self.pages[-1].append(operation)

    def down(self, points: float) -> None:
        """Go down."""
        self.y -= points

    def fits(self, points: float) -> bool:
        """Whether so much is left above the foot of the page."""
        return self.y - points >= self.bottom

    def new_page(self) -> None:
        """Go on at the top of a new page."""
        self.pages.append([])
        self.y = self.height - MARGIN


def _rule(canvas: Canvas, left: float, right: float, y: float, colour: int) -> None:
    canvas.setStrokeColorRGB(*rgb(colour))
    canvas.setLineWidth(0.6)
    canvas.line(left, y, right, y)


def _render(document: Document) -> bytes:
    size = A4 if document.paper == "a4" else LETTER
    sheets = _Sheets(size)
    _header(sheets, document)
    _parties(sheets, document)
    _headline(sheets, document)
    _table(sheets, document.lines)
    _totals(sheets, document)
    _notes(sheets, document.notes)
    return _written(sheets, document)


def _header(sheets: _Sheets, document: Document) -> None:
    sheets.down(18)
    sheets.text(sheets.left, document.title, TITLE)
    name = document.sender.name
    sheets.text(sheets.right, name, BRAND, right=True, up=2)
    mark_x, mark_y = sheets.right - width(name, BRAND) - 25, sheets.y - 3
    sheets.shape(lambda canvas: _mark(canvas, mark_x, mark_y))
    sheets.down(26)
    label_end = sheets.left + max(width(label, BODY) for label, _ in document.facts) + 14
    for label, value in document.facts:
        sheets.text(sheets.left, label, LABEL)
        lines = wrap(value, BODY, sheets.right - label_end) or [""]
        for line in lines:
            sheets.text(label_end, line, BODY)
            sheets.down(14)
    sheets.down(16)


def _mark(canvas: Canvas, x: float, y: float) -> None:
    """The merchant's logo: the demo account has a plain N."""
    canvas.setFillColorRGB(*rgb(ACCENT))
    canvas.roundRect(x, y, 18, 18, 5, stroke=0, fill=1)
    canvas.setStrokeColorRGB(1, 1, 1)
    canvas.setLineWidth(1.7)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    path = canvas.beginPath()
    path.moveTo(x + 5.5, y + 5.2)
    path.lineTo(x + 5.5, y + 12.8)
    path.lineTo(x + 12.5, y + 5.2)
    path.lineTo(x + 12.5, y + 12.8)
    canvas.drawPath(path, stroke=1, fill=0)
    canvas.setLineCap(0)


def _parties(sheets: _Sheets, document: Document) -> None:
    gap = 24
    column = (sheets.right - sheets.left - gap) / 2
    top = sheets.y
    ends = []
    for index, (label, party) in enumerate((("From", document.sender), ("Bill to", document.receiver))):
        sheets.y = top
        _party(sheets, sheets.left + index * (column + gap), column, label, party)
        ends.append(sheets.y)
    sheets.y = min(ends) - 18


def _party(sheets: _Sheets, x: float, column: float, label: str, party: Party) -> None:
    sheets.text(x, label, LABEL)
    sheets.down(14)
    for text, style in ((party.name, BODY_BOLD), *((line, BODY) for line in party.lines)):
        for line in wrap(text, style, column):
            sheets.text(x, line, style)
            sheets.down(13.5)


def _headline(sheets: _Sheets, document: Document) -> None:
    for line in wrap(document.headline, HEADLINE, sheets.right - sheets.left):
        sheets.text(sheets.left, line, HEADLINE)
        sheets.down(19)
    for line in wrap(document.subheading, SMALL, sheets.right - sheets.left):
        sheets.text(sheets.left, line, SMALL)
        sheets.down(13)
    sheets.down(16)


def _columns(sheets: _Sheets, lines: Sequence[Line]) -> dict[str, float]:
    """The right edge of each column of numbers, each as wide as its widest text."""
    edges: dict[str, float] = {}
    edge = sheets.right
    for name in ("Amount", "Tax", "Unit price", "Qty"):
        texts = [_cell(line, name) for line in lines]
        if not any(texts):
            continue
        edges[name] = edge
        edge -= max(width(name, LABEL), *(width(text, BODY) for text in texts)) + 18
    return {**edges, "Description": edge}


def _cell(line: Line, column: str) -> str:
    return {"Amount": line.amount, "Tax": line.tax, "Unit price": line.unit_price, "Qty": line.quantity}[column]


def _table(sheets: _Sheets, lines: Sequence[Line]) -> None:
    columns = _columns(sheets, lines)
    _table_head(sheets, columns)
    for line in lines:
        _table_row(sheets, columns, line)
    sheets.down(4)


def _table_head(sheets: _Sheets, columns: dict[str, float]) -> None:
    sheets.text(sheets.left, "Description", LABEL)
    for name, edge in columns.items():
        if name != "Description":
            sheets.text(edge, name, LABEL, right=True)
    sheets.down(7)
    sheets.rule(colour=MUTED)
    sheets.down(16)


def _table_row(sheets: _Sheets, columns: dict[str, float], line: Line) -> None:
    """A row may go on over the page where it is taller than one, but never starts without room for two lines."""
    limit = columns["Description"] - sheets.left
    texts = [(text, BODY) for text in wrap(line.description, BODY, limit) or [""]]
    texts += [(text, SMALL) for text in wrap(line.period, SMALL, limit)]
    if not sheets.fits(13 * min(len(texts), 6)):
        sheets.new_page()
        sheets.down(10)
        _table_head(sheets, columns)
    for name, edge in columns.items():
        if name != "Description":
            sheets.text(edge, _cell(line, name), BODY, right=True)
    for text, style in texts:
        if not sheets.fits(0):
            sheets.new_page()
            sheets.down(10)
        sheets.text(sheets.left, text, style)
        sheets.down(13)
    sheets.rule(up=5)
    sheets.down(10)


def _totals(sheets: _Sheets, document: Document) -> None:
    height = 17.0 * len(document.totals)
    if not sheets.fits(height):
        sheets.new_page()
        sheets.down(10)
    start = sheets.left + (sheets.right - sheets.left) * 0.48
    for row in document.totals:
        bold = row.tone in ("sum", "strong")
        style = Style(9.5, bold=bold, colour=MUTED if row.tone == "note" else INK)
        if bold:
            sheets.rule(up=12, start=start)
        room = sheets.right - start - width(row.amount, style) - 12
        labels = wrap(row.label, style, room)
        sheets.text(sheets.right, row.amount, style, right=True)
        for label in labels:
            sheets.text(start, label, style)
            sheets.down(13)
        sheets.down(4.5)
    sheets.down(14)


def _notes(sheets: _Sheets, notes: Sequence[str]) -> None:
    for note in notes:
        for line in wrap(note, BODY, sheets.right - sheets.left):
            if not sheets.fits(13):
                sheets.new_page()
                sheets.down(10)
            sheets.text(sheets.left, line, BODY)
            sheets.down(13)
        sheets.down(8)


def _written(sheets: _Sheets, document: Document) -> bytes:
    """The pages as a file. ``invariant`` leaves out the time of writing and random ids."""
    output = BytesIO()
    canvas = Canvas(output, pagesize=(sheets.width, sheets.height), invariant=1, pageCompression=1)
    canvas.setTitle(f"{document.title} {document.number}")
    canvas.setAuthor(document.sender.name)
    canvas.setSubject(document.headline)
    canvas.setCreator("stripe_sandbox")
    canvas.setKeywords("sandbox, test data")
    for number, operations in enumerate(sheets.pages, start=1):
        for operation in operations:
            operation(canvas)
        _foot(canvas, sheets, document, f"Page {number} of {len(sheets.pages)}")
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def _foot(canvas: Canvas, sheets: _Sheets, document: Document, page: str) -> None:
    _rule(canvas, sheets.left, sheets.right, MARGIN + 14, RULE)
    draw(canvas, sheets.left, MARGIN, f"{document.number}  ·  {document.headline}", SMALL)
    draw(canvas, sheets.right, MARGIN, page, SMALL, right=True)
    draw(canvas, sheets.left, MARGIN - 14, SANDBOX_NOTICE, SMALL)
