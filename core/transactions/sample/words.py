"""The vocabulary of the sample catalogue: invented designs, materials and gift-shop objects with their prices."""

from __future__ import annotations

from typing import NamedTuple


class Thing(NamedTuple):
    """An object of the range: singular, plural, lowest and highest price in pounds, what it is made of, its season."""

    one: str
    many: str
    low: float
    high: float
    made: str
    season: str = ""


DESIGNS = (
    "MEADOW HARE", "HARBOUR GULL", "BRAMBLE PATCH", "FOXGLOVE", "STARRY OTTER", "COTTAGE HEN", "CLOVER FIELD",
    "PAPER LANTERN", "TOADSTOOL WOOD", "MARMALADE CAT", "ORCHARD PEAR", "PUDDLE DUCK POND", "WINDMILL", "SEASIDE HUT",
    "BUMBLE AND BLOOM", "THISTLE", "LITTLE BADGER", "ALLOTMENT", "CARAVAN HOLIDAY", "CIRCUS PARADE", "LEMON GROVE",
    "INDIGO TILE", "FOLK TULIP", "DOTTY HEDGEHOG", "ROSEHIP", "BARLEY TWIST", "PICNIC CHECK", "TEA GARDEN",
    "MOONLIT OWL", "PEBBLE BEACH", "SUGAR PLUM ROSE", "VINTAGE ATLAS", "RAILWAY POSTER", "SNOWDROP", "WILLOW WREN",
    "COUNTRY SHOW", "HONEY BEE", "ANEMONE", "LADYBIRD LANE", "SAILOR STRIPE", "DAMSON", "CHALK FLOWER",
    "PARISIAN BISTRO", "KITCHEN HERB", "DANDELION CLOCK", "MERMAID COVE", "ROCKET SHIP", "DINO PARADE",
    "WOODLAND FOX", "JAZZ AGE", "BOTANICAL FERN", "ACORN", "LAVENDER HILL", "SCALLOP SHELL", "PEONY", "GINGHAM APPLE",
    "FARMYARD", "CROCHET DAISY", "SUNDAY BAKING", "BLACKBERRY",
)  # fmt: skip

CHRISTMAS_DESIGNS = (
    "FROSTED PINE", "NORDIC REINDEER", "GINGERBREAD LANE", "ROBIN AND HOLLY", "SUGAR SNOWFLAKE", "MIDNIGHT SLEIGH",
    "WINTER VILLAGE", "TARTAN STAG", "POLAR PENGUIN", "MISTLETOE", "COSY MITTEN", "SILVER BELL", "CAROL SINGERS",
    "FIR CONE",
)  # fmt: skip

MATERIALS = {
    "pottery": ("STONEWARE", "PORCELAIN", "CERAMIC", "SPECKLED", "GLAZED"),
    "metal": ("ENAMEL", "BRASS", "ZINC", "WIRE", "TIN", "COPPER"),
    "textile": ("LINEN", "COTTON", "FELT", "CANVAS", "WOOLLEN", "QUILTED"),
    "paper": ("KRAFT", "PARCHMENT", "GLOSSY", "CARD"),
    "wood": ("WOODEN", "WILLOW", "BAMBOO", "DRIFTWOOD", "OAK"),
    "glass": ("GLASS", "CRACKLED GLASS", "CUT GLASS", "SMOKED GLASS"),
    "": ("PASTEL", "BRIGHT", "CLASSIC", "COSY"),
}

STYLES = (
    "RUSTIC", "FADED", "TRADITIONAL", "HAND PAINTED", "MINI", "LARGE", "SCALLOPED", "EMBOSSED", "OLD TIMES",
    "STITCHED",
)  # fmt: skip

COLOURS = (
    "RED", "BLUE", "CREAM", "SAGE", "PINK", "MUSTARD", "IVORY", "NAVY", "DUCK EGG", "LILAC", "GREEN", "CHARCOAL",
    "CORAL", "WHITE",
)  # fmt: skip

THINGS = (
    Thing("MUG", "MUGS", 1.25, 3.75, "pottery"), Thing("TEAPOT", "TEAPOTS", 4.95, 9.95, "pottery"),
    Thing("EGG CUP", "EGG CUPS", 0.65, 1.65, "pottery"), Thing("JUG", "JUGS", 1.95, 6.75, "pottery"),
    Thing("BOWL", "BOWLS", 0.85, 4.25, "pottery"), Thing("SIDE PLATE", "SIDE PLATES", 0.85, 2.55, "pottery"),
    Thing("CAKE PLATE", "CAKE PLATES", 4.95, 12.75, "pottery"),
    Thing("SOAP DISH", "SOAP DISHES", 0.85, 2.55, "pottery"),
    Thing("TRINKET BOX", "TRINKET BOXES", 0.85, 2.95, "pottery"),
    Thing("MONEY BOX", "MONEY BOXES", 0.85, 2.95, "pottery"),
    Thing("BUTTER DISH", "BUTTER DISHES", 2.55, 4.95, "pottery"),
    Thing("BUD VASE", "BUD VASES", 0.85, 2.95, "pottery"),
    Thing("PLANT POT", "PLANT POTS", 0.65, 3.75, "pottery", "garden"),
    Thing("CAKE TIN", "CAKE TINS", 2.55, 7.95, "metal"), Thing("STORAGE TIN", "STORAGE TINS", 0.85, 3.75, "metal"),
    Thing("BREAD BIN", "BREAD BINS", 8.5, 16.95, "metal"), Thing("COAT HOOK", "COAT HOOKS", 0.65, 3.25, "metal"),
    Thing("CANDLE HOLDER", "CANDLE HOLDERS", 0.65, 3.75, "metal"),
    Thing("LETTER RACK", "LETTER RACKS", 1.95, 5.95, "metal"), Thing("BIRDCAGE", "BIRDCAGES", 3.75, 12.75, "metal"),
    Thing("SIGN", "SIGNS", 0.65, 2.55, "metal"), Thing("LANTERN", "LANTERNS", 1.65, 9.95, "metal"),
    Thing("CUTLERY SET", "CUTLERY SETS", 2.95, 9.95, "metal"),
    Thing("JEWELLERY STAND", "JEWELLERY STANDS", 2.95, 7.95, "metal"),
    Thing("KEY RING", "KEY RINGS", 0.29, 1.25, "metal"),
    Thing("WATERING CAN", "WATERING CANS", 1.95, 6.75, "metal", "garden"),
    Thing("GARDEN THERMOMETER", "GARDEN THERMOMETERS", 1.95, 6.75, "metal", "garden"),
    Thing("TREE DECORATION", "TREE DECORATIONS", 0.29, 1.25, "metal", "christmas"),
    Thing("TEA TOWEL", "TEA TOWELS", 1.25, 2.95, "textile"), Thing("APRON", "APRONS", 2.55, 5.95, "textile"),
    Thing("OVEN GLOVE", "OVEN GLOVES", 1.65, 3.75, "textile"),
    Thing("SHOPPER BAG", "SHOPPER BAGS", 0.85, 2.1, "textile"),
    Thing("JUMBO TOTE", "JUMBO TOTES", 1.65, 2.55, "textile"),
    Thing("COSMETIC BAG", "COSMETIC BAGS", 0.85, 2.95, "textile"),
    Thing("COIN PURSE", "COIN PURSES", 0.42, 1.65, "textile"), Thing("WASH BAG", "WASH BAGS", 1.65, 3.75, "textile"),
    Thing("CUSHION COVER", "CUSHION COVERS", 1.95, 5.95, "textile"),
    Thing("DOORSTOP", "DOORSTOPS", 2.95, 6.75, "textile"), Thing("BUNTING", "BUNTING", 1.25, 4.95, "textile"),
    Thing("PENCIL CASE", "PENCIL CASES", 0.65, 1.65, "textile"), Thing("SCARF", "SCARVES", 1.95, 5.95, "textile"),
    Thing("SOFT TOY", "SOFT TOYS", 1.25, 4.25, "textile"),
    Thing("HEART DECORATION", "HEART DECORATIONS", 0.39, 1.65, "textile"),
    Thing("SEWING KIT", "SEWING KITS", 0.65, 2.1, "textile"), Thing("THROW", "THROWS", 8.5, 19.95, "textile"),
    Thing("STOCKING", "STOCKINGS", 1.25, 3.75, "textile", "christmas"),
    Thing("GARLAND", "GARLANDS", 0.85, 3.75, "textile", "christmas"),
    Thing("CAKE CASES", "CAKE CASES", 0.29, 0.55, "paper"), Thing("PARTY HATS", "PARTY HATS", 0.42, 1.25, "paper"),
    Thing("NAPKINS", "NAPKINS", 0.29, 0.85, "paper"), Thing("GIFT WRAP", "GIFT WRAP", 0.21, 0.42, "paper"),
    Thing("GIFT TAG", "GIFT TAGS", 0.19, 0.55, "paper"),
    Thing("GREETING CARD", "GREETING CARDS", 0.19, 0.42, "paper"), Thing("NOTEBOOK", "NOTEBOOKS", 0.65, 2.1, "paper"),
    Thing("STICKER SHEET", "STICKER SHEETS", 0.19, 0.85, "paper"),
    Thing("LUNCH BOX", "LUNCH BOXES", 1.25, 2.55, "paper"), Thing("RECIPE BOX", "RECIPE BOXES", 2.55, 5.95, "paper"),
    Thing("JIGSAW", "JIGSAWS", 0.65, 3.75, "paper"), Thing("HAND FAN", "HAND FANS", 0.42, 1.25, "paper", "garden"),
    Thing("ADVENT CALENDAR", "ADVENT CALENDARS", 1.95, 7.95, "paper", "christmas"),
    Thing("TABLE CRACKER", "TABLE CRACKERS", 0.65, 2.1, "paper", "christmas"),
    Thing("GIFT BAG", "GIFT BAGS", 0.42, 1.25, "paper", "christmas"),
    Thing("COASTER", "COASTERS", 0.29, 1.25, "wood"), Thing("PLACEMAT", "PLACEMATS", 0.65, 2.1, "wood"),
    Thing("TRAY", "TRAYS", 1.95, 6.75, "wood"), Thing("WALL CLOCK", "WALL CLOCKS", 4.95, 14.95, "wood"),
    Thing("PHOTO FRAME", "PHOTO FRAMES", 1.25, 4.95, "wood"),
    Thing("DRAWER KNOB", "DRAWER KNOBS", 0.65, 1.65, "wood"), Thing("PENCIL", "PENCILS", 0.12, 0.55, "wood"),
    Thing("RULER", "RULERS", 0.21, 0.65, "wood"), Thing("FRIDGE MAGNET", "FRIDGE MAGNETS", 0.29, 0.85, "wood"),
    Thing("SKIPPING ROPE", "SKIPPING ROPES", 0.65, 1.65, "wood"),
    Thing("SPINNING TOP", "SPINNING TOPS", 0.29, 1.25, "wood"),
    Thing("CHALKBOARD", "CHALKBOARDS", 1.65, 6.75, "wood"),
    Thing("SMALL CABINET", "SMALL CABINETS", 7.95, 24.95, "wood"), Thing("STOOL", "STOOLS", 8.5, 24.95, "wood"),
    Thing("LAUNDRY BASKET", "LAUNDRY BASKETS", 4.95, 12.75, "wood"),
    Thing("BRACELET", "BRACELETS", 0.65, 2.95, "wood"), Thing("BEAD NECKLACE", "BEAD NECKLACES", 0.85, 4.25, "wood"),
    Thing("PICNIC BASKET", "PICNIC BASKETS", 8.5, 19.95, "wood", "garden"),
    Thing("GARDEN MARKER", "GARDEN MARKERS", 0.29, 0.85, "wood", "garden"),
    Thing("BIRD FEEDER", "BIRD FEEDERS", 1.25, 3.75, "wood", "garden"),
    Thing("CARD HOLDER", "CARD HOLDERS", 1.65, 3.75, "wood", "christmas"),
    Thing("TEALIGHT JAR", "TEALIGHT JARS", 0.42, 2.1, "glass"),
    Thing("CANDLE JAR", "CANDLE JARS", 0.85, 3.25, "glass"),
    Thing("NIGHT LIGHT", "NIGHT LIGHTS", 1.95, 5.95, "glass"),
    Thing("STRING LIGHTS", "STRING LIGHTS", 2.55, 6.75, "glass"), Thing("MIRROR", "MIRRORS", 2.55, 9.95, "glass"),
    Thing("TUMBLER", "TUMBLERS", 0.65, 2.1, "glass"), Thing("DECANTER", "DECANTERS", 3.75, 9.95, "glass"),
    Thing("BAUBLE", "BAUBLES", 0.29, 1.65, "glass", "christmas"), Thing("DOORMAT", "DOORMATS", 5.95, 7.95, ""),
    Thing("HOT WATER BOTTLE", "HOT WATER BOTTLES", 2.95, 4.95, ""),
    Thing("SCENTED CANDLE", "SCENTED CANDLES", 0.85, 3.25, ""), Thing("RIBBON REEL", "RIBBON REELS", 0.65, 1.65, ""),
    Thing("HAIR CLIP", "HAIR CLIPS", 0.29, 1.25, ""), Thing("UMBRELLA", "UMBRELLAS", 2.55, 4.95, ""),
    Thing("BATH SOAP", "BATH SOAPS", 0.65, 1.95, ""), Thing("MODELLING KIT", "MODELLING KITS", 0.85, 3.75, ""),
    Thing("PARASOL", "PARASOLS", 3.75, 9.95, "", "garden"), Thing("WREATH", "WREATHS", 1.95, 7.95, "", "christmas"),
)  # fmt: skip

PRICE_POINTS = (
    0.12, 0.19, 0.21, 0.29, 0.39, 0.42, 0.55, 0.65, 0.85, 1.25, 1.45, 1.65, 1.95, 2.10, 2.55, 2.95, 3.25, 3.75, 4.25,
    4.95, 5.95, 6.75, 7.95, 8.50, 9.95, 12.75, 14.95, 16.95, 19.95, 24.95, 29.95, 39.95,
)  # fmt: skip

STOCK_REMARKS = (
    "check", "damages", "damaged", "?", "missing", "wet", "sold as set", "thrown away", "crushed", "counted",
    "mouldy", "found", "wrong code", "label mix up", "broken in transit", "returned to supplier",
)  # fmt: skip
