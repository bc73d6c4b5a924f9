/* A client in C, from init to uninit: compiled against nothing but the header of framepool-pvcam-sys, and linked to
 * the simulated library. Under valgrind it must be clean.
 *
 * Usage: cc -Ipvcam/sys/include c_client.c -LFOLDER -lpvcam -Wl,-rpath,FOLDER && FRAMEPOOL_SIM_CONFIG=cameras.toml ./a.out
 */
#include <framepool_pvcam.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition)) {                                                    \
            char message[ERROR_MSG_LEN] = "";                                  \
            pl_error_message(pl_error_code(), message);                        \
            fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, message); \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

enum { FRAMES = 8, SIDE = 64 };

static void wait_a_moment(void)
{
    struct timespec moment = {0, 1000000};
    nanosleep(&moment, NULL);
}

/* Returns the number that every row of a picture begins with, 0 if they differ. */
static unsigned number(const void *frame, unsigned width, unsigned height)
{
    const uint16_t *pixels = frame;
    unsigned first = pixels[0] + ((unsigned)pixels[1] << 16);
    for (unsigned row = 0; row < height; row++) {
        const uint16_t *line = pixels + (size_t)row * width;
        if (line[0] + ((unsigned)line[1] << 16) != first || line[2] != row)
            return 0;
    }
    return first;
}

struct seen {
    int16 hcam;
    unsigned count, wrong;
};

static void PV_DECL on_frame(const FRAME_INFO *info, void *context)
{
    struct seen *seen = context;
    void *frame = NULL;
    FRAME_INFO latest;
    if (info->hCam != seen->hcam || !pl_exp_get_latest_frame_ex(seen->hcam, &frame, &latest)
        || latest.FrameNr != info->FrameNr || number(frame, SIDE, SIDE) != (unsigned)info->FrameNr)
        seen->wrong++;
    seen->count++;
}

/* Reads what there is of a parameter, into memory that is no larger than its type. */
static void read_parameter(int16 hcam, uns32 param)
{
    rs_bool available = 0;
    uns16 type = 0, access = 0;
    CHECK(pl_get_param(hcam, param, ATTR_AVAIL, &available));
    CHECK(pl_get_param(hcam, param, ATTR_TYPE, &type));
    CHECK(pl_get_param(hcam, param, ATTR_ACCESS, &access));
    if (!available) {
        uns32 count;
        CHECK(!pl_get_param(hcam, param, ATTR_COUNT, &count) && pl_error_code() == PL_ERR_PARAMETER_NOT_AVAILABLE);
        return;
    }
    size_t size = 8;
    switch (type) {
    case TYPE_INT8: case TYPE_UNS8: size = 1; break;
    case TYPE_INT16: case TYPE_UNS16: case TYPE_BOOLEAN: size = 2; break;
    case TYPE_INT32: case TYPE_UNS32: case TYPE_ENUM: size = 4; break;
    case TYPE_RGN_TYPE: size = sizeof(rgn_type); break;
    case TYPE_SMART_STREAM_TYPE_PTR: return;
    case TYPE_CHAR_PTR: {
        uns32 length = 0;
        CHECK(pl_get_param(hcam, param, ATTR_COUNT, &length));
        size = length;
        break;
    }
    }
    void *value = malloc(size);
    for (int16 attribute = ATTR_CURRENT; attribute <= ATTR_INCREMENT; attribute++) {
        if (attribute == ATTR_COUNT || attribute == ATTR_TYPE)
            continue;
        if (!pl_get_param(hcam, param, attribute, value))
            CHECK(type == TYPE_CHAR_PTR || param == PARAM_FRAME_BUFFER_SIZE);
    }
    if (access == ACC_READ_WRITE) {
        CHECK(pl_get_param(hcam, param, ATTR_CURRENT, value));
        CHECK(pl_set_param(hcam, param, value));
    }
    free(value);
    if (type == TYPE_ENUM) {
        uns32 count = 0;
        CHECK(pl_get_param(hcam, param, ATTR_COUNT, &count));
        for (uns32 index = 0; index < count; index++) {
            uns32 length = 0;
            int32 number;
            CHECK(pl_enum_str_length(hcam, param, index, &length));
            char *text = malloc(length);
            CHECK(pl_get_enum_param(hcam, param, index, &number, text, length) && strlen(text) == length - 1);
            free(text);
        }
    }
}

static const uns32 PARAMETERS[] = {
    PARAM_DD_VERSION, PARAM_DD_INFO, PARAM_CAM_INTERFACE_TYPE, PARAM_CHIP_NAME, PARAM_PRODUCT_NAME, PARAM_SER_SIZE,
    PARAM_PAR_SIZE, PARAM_BIT_DEPTH, PARAM_PMODE, PARAM_FRAME_CAPABLE, PARAM_CLEAR_MODE, PARAM_TEMP,
    PARAM_TEMP_SETPOINT, PARAM_READOUT_PORT, PARAM_SPDTAB_INDEX, PARAM_GAIN_INDEX, PARAM_GAIN_NAME, PARAM_PP_INDEX,
    PARAM_PP_FEAT_ID, PARAM_PP_PARAM, PARAM_EXPOSURE_MODE, PARAM_EXP_RES, PARAM_EXP_RES_INDEX, PARAM_EXPOSURE_TIME,
    PARAM_ROI, PARAM_ROI_COUNT, PARAM_BINNING_SER, PARAM_METADATA_ENABLED, PARAM_FRAME_BUFFER_SIZE,
    PARAM_READOUT_TIME, PARAM_CLEARING_TIME, PARAM_CENTROIDS_ENABLED, PARAM_SMART_STREAM_EXP_PARAMS,
};

static void sequence(int16 hcam)
{
    rgn_type region = {0, SIDE - 1, 1, 0, SIDE - 1, 1};
    uns32 bytes = 0, arrived = 0;
    int16 status = READOUT_NOT_ACTIVE;
    CHECK(pl_exp_setup_seq(hcam, FRAMES, 1, &region, TIMED_MODE, 1, &bytes));
    CHECK(bytes == FRAMES * SIDE * SIDE * 2);
    char *frames = malloc(bytes);
    CHECK(pl_exp_start_seq(hcam, frames));
    while (pl_exp_check_status(hcam, &status, &arrived) && status != READOUT_COMPLETE)
        wait_a_moment();
    CHECK(arrived == bytes && pl_exp_finish_seq(hcam, frames, 0));
    for (unsigned frame = 0; frame < FRAMES; frame++)
        CHECK(number(frames + (size_t)frame * SIDE * SIDE * 2, SIDE, SIDE) == frame + 1);
    free(frames);
}

static void live(int16 hcam)
{
    rgn_type region = {0, SIDE - 1, 1, 0, SIDE - 1, 1};
    struct seen seen = {hcam, 0, 0};
    uns32 frame_bytes = 0, arrived = 0, passes = 0;
    int16 status = 0;
    FRAME_INFO *info = NULL;
    /* ISO C has no cast from a function to an object pointer. */
    void (PV_DECL *function)(const FRAME_INFO *, void *) = on_frame;
    void *callback;
    memcpy(&callback, &function, sizeof callback);
    CHECK(pl_create_frame_info_struct(&info));
    CHECK(pl_cam_register_callback_ex3(hcam, PL_CALLBACK_EOF, callback, &seen));
    CHECK(pl_exp_setup_cont(hcam, 1, &region, TIMED_MODE, 5, &frame_bytes, CIRC_OVERWRITE));
    char *ring = malloc((size_t)frame_bytes * FRAMES);
    CHECK(pl_exp_start_cont(hcam, ring, frame_bytes * FRAMES));
    do {
        wait_a_moment();
        CHECK(pl_exp_check_cont_status_ex(hcam, &status, &arrived, &passes, info));
    } while (info->FrameNr < 20);
    CHECK(pl_exp_stop_cont(hcam, CCS_HALT));
    CHECK(pl_cam_deregister_callback(hcam, PL_CALLBACK_EOF));
    CHECK(seen.count > 0 && seen.wrong == 0);
    CHECK(pl_release_frame_info_struct(info));
    free(ring);
}

static void metadata(int16 hcam)
{
    rgn_type regions[2] = {{0, 31, 1, 0, 15, 1}, {40, 71, 1, 20, 27, 1}};
    rs_bool on = 1, off = 0;
    uns32 bytes = 0, arrived = 0;
    int16 status = 0;
    md_frame *decoded = NULL;
    CHECK(pl_set_param(hcam, PARAM_METADATA_ENABLED, &on));
    CHECK(pl_exp_setup_seq(hcam, 1, 2, regions, TIMED_MODE, 1, &bytes));
    char *frame = malloc(bytes);
    CHECK(pl_exp_start_seq(hcam, frame));
    while (pl_exp_check_status(hcam, &status, &arrived) && status != READOUT_COMPLETE)
        wait_a_moment();
    CHECK(pl_exp_finish_seq(hcam, frame, 0));
    CHECK(pl_md_create_frame_struct(&decoded, frame, bytes));
    CHECK(pl_md_frame_decode(decoded, frame, bytes) && decoded->roiCount == 2);
    CHECK(decoded->header->frameNr == 1 && number(decoded->roiArray[1].data, 32, 8) == 1);
    uint16_t *picture = calloc(72 * 28, sizeof *picture);
    CHECK(pl_md_frame_recompose(picture, 0, 0, 72, 28, decoded) && picture[20 * 72 + 40] == 1);
    CHECK(pl_set_param(hcam, PARAM_METADATA_ENABLED, &off));
    free(picture);
    free(frame);
    CHECK(pl_md_release_frame_struct(decoded));
}

int main(void)
{
    int16 total = 0;
    uns16 version = 0;
    CHECK(pl_pvcam_get_ver(&version) && version >> 8 == 3);
    CHECK(pl_pvcam_init());
    CHECK(pl_cam_get_total(&total) && total > 0);
    for (int16 index = 0; index < total; index++) {
        char name[CAM_NAME_LEN];
        int16 hcam = -1;
        rs_bool has_metadata = 0;
        CHECK(pl_cam_get_name(index, name));
        CHECK(pl_cam_open(name, &hcam, OPEN_EXCLUSIVE));
        for (size_t param = 0; param < sizeof PARAMETERS / sizeof *PARAMETERS; param++)
            read_parameter(hcam, PARAMETERS[param]);
        sequence(hcam);
        live(hcam);
        CHECK(pl_get_param(hcam, PARAM_METADATA_ENABLED, ATTR_AVAIL, &has_metadata));
        if (has_metadata)
            metadata(hcam);
        CHECK(pl_cam_close(hcam));
        printf("%s: parameters, a sequence, live%s\n", name, has_metadata ? ", metadata of two regions" : "");
    }
    CHECK(pl_pvcam_uninit());
    return 0;
}
