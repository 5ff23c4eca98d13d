"""The vocabulary of the sample catalogue: invented designs, materials and gift-shop objects with their prices."""

from __future__ import annotations

from typing import NamedTuple


class Thing(NamedTuple):
    """An object of the range: singular, plural, lowest and highest price in pounds, season of the year."""

    one: str
    many: str
    low: float
    high: float
    season: str = ""


DESIGNS = (
    "MEADOW HARE", "HARBOUR GULL", "BRAMBLE PATCH", "FOXGLOVE", "STARRY OTTER", "COTTAGE HEN", "CLOVER FIELD",
    "PAPER LANTERN", "TOADSTOOL WOOD", "MARMALADE CAT", "ORCHARD PEAR", "PUDDLE DUCK POND", "WINDMILL", "SEASIDE HUT",
    "BUMBLE AND BLOOM", "THISTLE", "LITTLE BADGER", "ALLOTMENT", "CARAVAN HOLIDAY", "CIRCUS PARADE", "LEMON GROVE",
    "INDIGO TILE", "FOLK TULIP", "DOTTY HEDGEHOG", "ROSEHIP", "BARLEY TWIST", "PICNIC CHECK", "TEA GARDEN", "MOONLIT OWL",
    "PEBBLE BEACH", "SUGAR PLUM ROSE", "VINTAGE ATLAS", "RAILWAY POSTER", "SNOWDROP", "WILLOW WREN", "COUNTRY SHOW",
    "HONEY BEE", "ANEMONE", "LADYBIRD LANE", "SAILOR STRIPE", "DAMSON", "CHALK FLOWER", "PARISIAN BISTRO", "KITCHEN HERB",
    "DANDELION CLOCK", "MERMAID COVE", "ROCKET SHIP", "DINO PARADE", "WOODLAND FOX", "JAZZ AGE", "BOTANICAL FERN",
    "ACORN", "LAVENDER HILL", "SCALLOP SHELL", "PEONY", "GINGHAM APPLE", "FARMYARD", "CROCHET DAISY", "SUNDAY BAKING",
    "BLACKBERRY",
)  # fmt: skip

CHRISTMAS_DESIGNS = (
    "FROSTED PINE", "NORDIC REINDEER", "GINGERBREAD LANE", "ROBIN AND HOLLY", "SUGAR SNOWFLAKE", "MIDNIGHT SLEIGH",
    "WINTER VILLAGE", "TARTAN STAG", "POLAR PENGUIN", "MISTLETOE", "COSY MITTEN", "SILVER BELL", "CAROL SINGERS", "FIR CONE",
)  # fmt: skip

MATERIALS = (
    "ENAMEL", "WILLOW", "LINEN", "FELT", "GLASS", "TIN", "WOODEN", "STONEWARE", "BRASS", "ZINC", "COTTON", "PORCELAIN",
    "WIRE", "SLATE", "JUTE", "CERAMIC", "PAPER", "BAMBOO", "CORK", "MARBLED",
)  # fmt: skip

STYLES = ("RUSTIC", "FADED", "TRADITIONAL", "HAND PAINTED", "MINI", "LARGE", "SCALLOPED", "EMBOSSED", "OLD TIMES", "STITCHED")

COLOURS = (
    "RED", "BLUE", "CREAM", "SAGE", "PINK", "MUSTARD", "IVORY", "NAVY", "DUCK EGG", "LILAC", "GREEN", "CHARCOAL", "CORAL",
    "WHITE",
)  # fmt: skip

THINGS = (
    Thing("MUG", "MUGS", 1.25, 3.75), Thing("TEA TOWEL", "TEA TOWELS", 1.65, 3.25), Thing("APRON", "APRONS", 3.75, 7.95),
    Thing("OVEN GLOVE", "OVEN GLOVES", 2.1, 4.95), Thing("CAKE TIN", "CAKE TINS", 3.75, 9.95),
    Thing("TEAPOT", "TEAPOTS", 5.95, 12.75), Thing("EGG CUP", "EGG CUPS", 0.65, 1.65), Thing("JUG", "JUGS", 2.95, 8.5),
    Thing("BOWL", "BOWLS", 1.25, 4.95), Thing("SIDE PLATE", "SIDE PLATES", 1.25, 2.95), Thing("TRAY", "TRAYS", 2.95, 8.5),
    Thing("COASTER", "COASTERS", 0.42, 1.25), Thing("PLACEMAT", "PLACEMATS", 0.85, 2.55),
    Thing("LUNCH BOX", "LUNCH BOXES", 1.65, 3.25), Thing("SHOPPER BAG", "SHOPPER BAGS", 1.65, 2.55),
    Thing("JUMBO TOTE", "JUMBO TOTES", 1.95, 2.95), Thing("COSMETIC BAG", "COSMETIC BAGS", 1.25, 3.25),
    Thing("COIN PURSE", "COIN PURSES", 0.65, 2.1), Thing("WASH BAG", "WASH BAGS", 2.1, 4.95),
    Thing("CUSHION COVER", "CUSHION COVERS", 2.95, 6.75), Thing("DOORMAT", "DOORMATS", 5.95, 8.5),
    Thing("DOORSTOP", "DOORSTOPS", 3.75, 8.5), Thing("HOT WATER BOTTLE", "HOT WATER BOTTLES", 3.75, 5.95),
    Thing("WALL CLOCK", "WALL CLOCKS", 5.95, 16.95), Thing("PHOTO FRAME", "PHOTO FRAMES", 1.65, 6.75),
    Thing("MIRROR", "MIRRORS", 3.75, 14.95), Thing("COAT HOOK", "COAT HOOKS", 0.85, 4.25), Thing("DRAWER KNOB", "DRAWER KNOBS", 0.85, 1.95),
    Thing("CANDLE HOLDER", "CANDLE HOLDERS", 0.85, 4.95), Thing("TEALIGHT JAR", "TEALIGHT JARS", 0.65, 2.95),
    Thing("SCENTED CANDLE", "SCENTED CANDLES", 1.25, 4.25), Thing("LANTERN", "LANTERNS", 2.95, 12.75),
    Thing("STRING LIGHTS", "STRING LIGHTS", 3.75, 7.95), Thing("NIGHT LIGHT", "NIGHT LIGHTS", 2.95, 7.95),
    Thing("BUNTING", "BUNTING", 1.65, 5.95), Thing("PAPER NAPKINS", "PAPER NAPKINS", 0.42, 0.85),
    Thing("PARTY HATS", "PARTY HATS", 0.65, 1.65), Thing("CAKE CASES", "CAKE CASES", 0.39, 0.65),
    Thing("GIFT WRAP", "GIFT WRAP", 0.29, 0.55), Thing("GIFT TAG", "GIFT TAGS", 0.29, 0.85), Thing("RIBBON REEL", "RIBBON REELS", 0.85, 1.95),
    Thing("GREETING CARD", "GREETING CARDS", 0.29, 0.55), Thing("NOTEBOOK", "NOTEBOOKS", 0.85, 2.95),
    Thing("PENCIL", "PENCILS", 0.12, 0.65), Thing("PENCIL CASE", "PENCIL CASES", 0.85, 2.1), Thing("STICKER SHEET", "STICKER SHEETS", 0.19, 0.85),
    Thing("RULER", "RULERS", 0.29, 0.85), Thing("FRIDGE MAGNET", "FRIDGE MAGNETS", 0.39, 1.25), Thing("KEY RING", "KEY RINGS", 0.42, 1.65),
    Thing("TRINKET BOX", "TRINKET BOXES", 1.25, 3.75), Thing("JEWELLERY STAND", "JEWELLERY STANDS", 3.75, 9.95),
    Thing("BEAD NECKLACE", "BEAD NECKLACES", 1.65, 5.95), Thing("BRACELET", "BRACELETS", 0.85, 4.25), Thing("HAIR CLIP", "HAIR CLIPS", 0.42, 1.65),
    Thing("SCARF", "SCARVES", 2.95, 7.95), Thing("UMBRELLA", "UMBRELLAS", 2.95, 5.95), Thing("SOFT TOY", "SOFT TOYS", 1.95, 5.95),
    Thing("SKIPPING ROPE", "SKIPPING ROPES", 0.85, 2.1), Thing("JIGSAW", "JIGSAWS", 0.85, 4.95), Thing("SPINNING TOP", "SPINNING TOPS", 0.42, 1.65),
    Thing("SEWING KIT", "SEWING KITS", 0.85, 2.55), Thing("STORAGE TIN", "STORAGE TINS", 1.25, 4.95), Thing("BREAD BIN", "BREAD BINS", 9.95, 16.95),
    Thing("LAUNDRY BASKET", "LAUNDRY BASKETS", 5.95, 14.95), Thing("SOAP DISH", "SOAP DISHES", 0.85, 2.95),
    Thing("LETTER RACK", "LETTER RACKS", 2.95, 6.75), Thing("MONEY BOX", "MONEY BOXES", 1.25, 3.75), Thing("CHALKBOARD", "CHALKBOARDS", 2.1, 8.5),
    Thing("SIGN", "SIGNS", 0.85, 2.95), Thing("HEART DECORATION", "HEART DECORATIONS", 0.55, 1.95), Thing("BIRDCAGE", "BIRDCAGES", 4.95, 16.95),
    Thing("SMALL CABINET", "SMALL CABINETS", 8.5, 24.95), Thing("STOOL", "STOOLS", 9.95, 24.95), Thing("ARMCHAIR THROW", "ARMCHAIR THROWS", 9.95, 19.95),
    Thing("RECIPE BOX", "RECIPE BOXES", 3.75, 7.95), Thing("CUTLERY SET", "CUTLERY SETS", 3.75, 12.75), Thing("CAKE PLATE", "CAKE PLATES", 6.75, 14.95),
    Thing("PLANT POT", "PLANT POTS", 0.85, 4.95, "garden"), Thing("WATERING CAN", "WATERING CANS", 2.95, 8.5, "garden"),
    Thing("PARASOL", "PARASOLS", 4.95, 14.95, "garden"), Thing("PICNIC BASKET", "PICNIC BASKETS", 9.95, 24.95, "garden"),
    Thing("GARDEN MARKER", "GARDEN MARKERS", 0.42, 1.25, "garden"), Thing("BIRD FEEDER", "BIRD FEEDERS", 1.65, 4.95, "garden"),
    Thing("GARDEN THERMOMETER", "GARDEN THERMOMETERS", 2.95, 8.5, "garden"), Thing("HAND FAN", "HAND FANS", 0.65, 1.65, "garden"),
    Thing("BAUBLE", "BAUBLES", 0.42, 1.95, "christmas"), Thing("WREATH", "WREATHS", 2.95, 9.95, "christmas"),
    Thing("STOCKING", "STOCKINGS", 1.65, 4.95, "christmas"), Thing("ADVENT CALENDAR", "ADVENT CALENDARS", 2.55, 9.95, "christmas"),
    Thing("TREE DECORATION", "TREE DECORATIONS", 0.29, 1.25, "christmas"), Thing("GARLAND", "GARLANDS", 1.25, 4.95, "christmas"),
    Thing("TABLE CRACKER", "TABLE CRACKERS", 0.85, 2.95, "christmas"), Thing("GIFT BAG", "GIFT BAGS", 0.42, 1.25, "christmas"),
    Thing("CARD HOLDER", "CARD HOLDERS", 2.1, 4.25, "christmas"), Thing("PLATE MAT", "PLATE MATS", 0.65, 1.65, "christmas"),
)  # fmt: skip

PRICE_POINTS = (
    0.12, 0.19, 0.21, 0.29, 0.39, 0.42, 0.55, 0.65, 0.85, 1.25, 1.45, 1.65, 1.95, 2.10, 2.55, 2.95, 3.25, 3.75, 4.25,
    4.95, 5.95, 6.75, 7.95, 8.50, 9.95, 12.75, 14.95, 16.95, 19.95, 24.95, 29.95, 39.95,
)  # fmt: skip

STOCK_REMARKS = (
    "check", "damages", "damaged", "?", "missing", "wet", "sold as set", "thrown away", "crushed", "counted", "mouldy",
    "found", "wrong code", "label mix up", "broken in transit", "returned to supplier",
)  # fmt: skip
